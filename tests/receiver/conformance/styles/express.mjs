// Express's way on plain node:http: middleware for the body, a Map of what is known, work after the answer.
// node express.mjs PORT WORK [by-body]: WORK in seconds; by-body takes equal bodies for one message.
import http from 'node:http';

const [port, work, ...flags] = process.argv.slice(2);
const byBody = flags.includes('by-body');
const seen = new Map();
let effects = 0;

function json(next) {
  return (request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      try {
        const text = new TextDecoder('utf-8', {fatal: true}).decode(Buffer.concat(parts));
        request.body = JSON.parse(text);
      } catch {
        response.writeHead(400).end('no JSON');
        return;
      }
      next(request, response);
    });
  };
}

const hook = json((request, response) => {
  const text = JSON.stringify(request.body);
  const own = request.body?.short_url === undefined ? undefined : request.body.id;
  const key = byBody ? text : request.headers['webhook-id'] ?? own;
  if (key !== undefined && seen.has(key)) {
    response.writeHead(seen.get(key) === text ? 200 : 409).end('known');
    return;
  }
  if (key !== undefined) seen.set(key, text);
  setTimeout(() => { effects += 1; }, 1000 * Number(work));
  response.writeHead(200).end('OK');
});

http.createServer((request, response) => {
  const path = request.url.split('?')[0];
  if (path === '/count') response.end(String(effects));
  else if (path !== '/webhook') response.writeHead(404).end('not found');
  else if (request.method !== 'POST') response.writeHead(405, {Allow: 'POST'}).end();
  else if (request.headers['content-encoding']) response.writeHead(415).end();
  else hook(request, response);
}).listen(Number(port), '127.0.0.1');
