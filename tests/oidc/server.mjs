// A real OpenID provider on loopback, shaped like Entra's sign-in server, for tests/auth.rs.
//
// Takes: node server.mjs SETUP.json, with {tenant, cert, key, appCert} (PEM texts).
// Gives on stdout one line, {"port": N}, once it listens; then one line per person sent to it.
// On stdin: {"uri", "code", "accept"}: a person opens the page, types the code, signs in, and accepts or aborts.
// Ends when stdin closes. Never listens on anything but 127.0.0.1.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const setup = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const scope = 'https://graph.microsoft.com/.default';
const jwk = new X509Certificate(setup.appCert).publicKey.export({ format: 'jwk' });
const none = { redirect_uris: [], response_types: [] };

const server = https.createServer({ cert: setup.cert, key: setup.key });
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const base = `/${setup.tenant}/oauth2/v2.0`;
  const provider = new Provider(`https://127.0.0.1:${port}${base}`, {
    clients: [
      { ...none, client_id: 'secret-app', client_secret: 'a secret & more=%', grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'client_secret_post' },
      { ...none, client_id: 'certificate-app', grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'PS256',
        jwks: { keys: [{ ...jwk, use: 'sig', alg: 'PS256' }] } },
      { ...none, client_id: 'device-app', token_endpoint_auth_method: 'none', application_type: 'native',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] },
    ],
    scopes: ['openid', 'offline_access', scope],
    features: { clientCredentials: { enabled: true }, deviceFlow: { enabled: true } },
    routes: { token: '/token', device_authorization: '/devicecode', code_verification: '/device' },
    cookies: { keys: ['throw-away'] },
    ttl: { AccessToken: 3599, ClientCredentials: 3599, DeviceCode: 60, Grant: 600, Interaction: 60, Session: 600 },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  const handle = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith(`${base}/`)) return response.writeHead(404).end();
    request.originalUrl = request.url;
    request.url = request.url.slice(base.length);
    return handle(request, response);
  });
  console.log(JSON.stringify({ port }));
});

/** A person with a browser that keeps cookies, follows redirects and fills in every form. */
async function person({ uri, code, accept }) {
  const cookies = new Map();
  let [url, body] = [uri, undefined];
  for (let step = 0; step < 15; step += 1) {
    const headers = { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') };
    const response = await fetch(url, { method: body ? 'POST' : 'GET', body, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) cookies.set(name, value); else cookies.delete(name);
    }
    body = undefined;
    if (response.headers.has('location')) {
      url = new URL(response.headers.get('location'), url).href;
      continue;
    }
    const html = await response.text();
    const form = /<form[^>]*action="([^"]*)"/.exec(html);
    if (!form) return html.replace(/<[^>]*>/g, ' ').includes('successful') ? 'done' : 'ended';
    const fields = new URLSearchParams();
    for (const [input] of html.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      const value = /value="([^"]*)"/.exec(input)?.[1];
      if (name) fields.set(name, { user_code: code, login: 'somebody', password: 'any' }[name] ?? value ?? '');
    }
    if (fields.has('confirm') && !accept) { fields.delete('confirm'); fields.set('abort', 'yes'); }
    else if (/Interrupted|interrupted/.test(html)) return 'ended';
    url = new URL(form[1].replaceAll('&amp;', '&'), url).href;
    body = fields;
  }
  return 'lost';
}

const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  console.log(JSON.stringify({ person: await person(JSON.parse(line)).catch((error) => String(error.cause ?? error)) }));
});
lines.on('close', () => process.exit(0));
