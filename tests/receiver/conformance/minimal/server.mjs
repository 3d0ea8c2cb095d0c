// A receiver of the documentation's kind: what its few lines of Express do, on plain node:http.
import http from 'node:http';

const LIMIT = 100 * 1024;

function parse(type, text) {
  if (type === 'application/json') {
    if (text === '') return {};
    if (!/^\s*[[{]/.test(text)) throw new SyntaxError('strict mode');
    return JSON.parse(text);
  }
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(text);
  return {};
}

http.createServer((request, response) => {
  if (request.method !== 'POST' || !/^\/webhook\/?(\?|$)/i.test(request.url)) {
    response.writeHead(404).end(`Cannot ${request.method} ${request.url}`);
    return;
  }
  const parts = [];
  let size = 0;
  request.on('data', (part) => { size += part.length; if (size <= LIMIT) parts.push(part); });
  request.on('end', () => {
    try {
      if (size > LIMIT) { response.writeHead(413).end('PayloadTooLargeError'); return; }
      const type = (request.headers['content-type'] || '').split(';')[0].trim().toLowerCase();
      console.log(parse(type, Buffer.concat(parts).toString()));
      response.writeHead(200).end('OK');
    } catch (error) {
      response.writeHead(400, {'Content-Type': 'text/html'}).end(`<pre>${error.stack}</pre>`);
    }
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
