// The reference library of Standard Webhooks for JavaScript signs messages, and verifies ours.
const { createRequire } = require("node:module");
const { Webhook } = createRequire(process.cwd() + "/")("standardwebhooks");

const answers = JSON.parse(require("node:fs").readFileSync(0, "utf8")).map((asked) => {
  const webhook = new Webhook(asked.secret);
  const signed = webhook.sign(asked.id, new Date(asked.timestamp * 1000), asked.body);
  let refused = null;
  try {
    webhook.verify(asked.body, asked.headers);
  } catch (error) {
    refused = error.message;
  }
  return { signed, refused };
});
process.stdout.write(JSON.stringify(answers));
