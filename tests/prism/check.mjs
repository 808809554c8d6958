// Sends every path of Microsoft's OpenAPI description that the embedded tenant serves through a validating proxy.
//
// Usage: node check.mjs PRISM OPENAPI_FOLDER TENANT_URL TOKEN
// Takes the slim descriptions (graph-v1-slim.json, graph-beta-slim.json) and a running tenant; starts one Prism proxy
// for each version, asks every path through it, prints one line for each reply that breaks the schema, and ends with 1
// if there was one. Paths that the tenant does not serve are counted, not hidden. Ends only the proxies it started.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [cli, folder, tenant, token] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}`, consistencylevel: 'eventual' };
const scratch = mkdtempSync(join(tmpdir(), 'prism-'));

// Valid for null alone: no integer is at least 1 and at most 0.
const NULL = { type: 'integer', nullable: true, minimum: 1, maximum: 0 };

// What the descriptions get wrong about the service itself:
// - "further properties are objects" contradicts annotations such as @odata.type and the id of every entity;
// - a property that is an enumeration or an object may be null (the CSDL says Nullable unless told otherwise);
// - $count answers digits as text/plain, which a validator reads as text and not as the integer it is said to be.
function corrected(node, inProperties = false) {
  if (Array.isArray(node)) return node.map((item) => corrected(item));
  if (node === null || typeof node !== 'object') return node;
  const out = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'text/plain' && value.schema) {
      out[key] = { schema: { type: 'string', pattern: '^[0-9]+$' } };
      continue;
    }
    if (key === 'additionalProperties' && !inProperties) continue;
    if (key === 'properties' && !inProperties) {
      out.properties = {};
      for (const [name, schema] of Object.entries(value)) {
        const plain = corrected(schema);
        out.properties[name] = plain.$ref ? { anyOf: [plain, NULL] } : plain;
      }
    } else {
      out[key] = corrected(value);
    }
  }
  return out;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Stands between proxy and tenant. It passes everything on, except that with tamper=1 it spoils an enumeration: the
// check of the check.
function shim(version) {
  const server = createHttpServer(async (request, response) => {
    const reply = await fetch(`${tenant}/${version}${request.url}`, { headers });
    let body = await reply.text();
    if (request.url.includes('tamper=1')) body = body.replaceAll('"riskLevel":"', '"riskLevel":"un');
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') });
    response.end(body);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function proxy(file, version) {
  const description = corrected(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  delete description.security;
  const path = join(scratch, file);
  writeFileSync(path, JSON.stringify(description));
  const port = await freePort();
  const upstream = await shim(version);
  const child = spawn(cli, ['proxy', '-h', '127.0.0.1', '-p', String(port), path, `http://127.0.0.1:${upstream.address().port}`, '--errors'], { stdio: 'ignore' });
  for (let tries = 0; tries < 300; tries += 1) {
    try {
      await fetch(`http://127.0.0.1:${port}/organization`, { headers });
      return { child, upstream, port, paths: Object.keys(description.paths) };
    } catch {
      await new Promise((done) => setTimeout(done, 200));
    }
  }
  child.kill();
  upstream.close();
  throw new Error('the proxy did not start within 60 s');
}

// Keys for {…} in a path: those of six records spread over the list before it, as records differ.
async function keysOf(version, list) {
  const reply = await fetch(`${tenant}/${version}${list}`, { headers });
  if (!reply.ok) return [];
  const { value } = await reply.json();
  const keys = (value ?? []).map((record) => record.id ?? record.tenantId).filter(Boolean);
  const step = Math.max(1, Math.floor(keys.length / 6));
  return keys.filter((_, place) => place % step === 0).slice(0, 6);
}

async function filled(version, path) {
  const at = path.indexOf('{');
  if (at < 0) return [path];
  const end = path.indexOf('}', at);
  const keys = await keysOf(version, path.slice(0, at - 1));
  const out = [];
  for (const key of keys) out.push(...(await filled(version, path.slice(0, at) + encodeURIComponent(key) + path.slice(end + 1))));
  return out;
}

function queries(path) {
  if (path.includes('/auditLogs/signIns') && !path.includes('$count') && !/signIns\/./.test(path)) {
    return ['interactiveUser', 'nonInteractiveUser', 'servicePrincipal', 'managedIdentity'].map((kind) => `?$top=200&$filter=signInEventTypes/any(t:%20t%20eq%20'${kind}')`);
  }
  if (path.includes('/roleManagementPolicies') || path.includes('/roleManagementPolicyAssignments')) {
    return ["?$filter=scopeId%20eq%20'/'%20and%20scopeType%20eq%20'DirectoryRole'"];
  }
  return [''];
}

const tally = { asked: 0, valid: 0, empty: 0, unserved: [], broken: [] };

async function check(version, port, path) {
  let targets = await filled(version, path);
  if (targets.length === 0) {
    tally.unserved.push(`${version}${path}`);
    return;
  }
  let served = false;
  for (const target of targets) {
    for (const query of version === 'beta' ? queries(target) : queries(target).map((text) => (text.includes('signInEventTypes') ? '?$top=200' : text)).slice(0, 1)) {
      const direct = await fetch(`${tenant}/${version}${target}${query}`, { headers, method: 'GET' });
      if (!direct.ok) {
        if (![400, 404].includes(direct.status)) tally.broken.push(`${version}${path}: status ${direct.status}`);
        continue;
      }
      served = true;
      tally.asked += 1;
      const reply = await fetch(`http://127.0.0.1:${port}${target}${query}`, { headers });
      if (reply.ok) {
        tally.valid += 1;
        continue;
      }
      const text = await reply.text();
      let problems = [];
      try {
        problems = (JSON.parse(text).validation ?? []).map((one) => `${(one.location ?? []).join('.')}: ${one.message}`);
      } catch {
        problems = [text.slice(0, 300)];
      }
      const seen = new Set(problems.map((one) => one.replace(/\.\d+(?=\.|:)/g, '.*')));
      tally.broken.push(`${version}${path}: ${[...seen].slice(0, 6).join(' | ') || text.slice(0, 300)}`);
      break;
    }
  }
  if (!served) tally.unserved.push(`${version}${path}`);
}

const proxies = [];
try {
  for (const [file, version] of [['graph-v1-slim.json', 'v1.0'], ['graph-beta-slim.json', 'beta']]) {
    const started = await proxy(file, version);
    proxies.push(started);
    const spoilt = await fetch(`http://127.0.0.1:${started.port}/identityProtection/riskyUsers?tamper=1`, { headers });
    if (spoilt.ok) tally.broken.push(`${version}: the proxy let a wrong enumeration pass`);
    for (const path of started.paths) await check(version, started.port, path);
  }
} finally {
  for (const { child, upstream } of proxies) {
    child.kill();
    upstream.closeAllConnections();
    upstream.close();
  }
  rmSync(scratch, { recursive: true, force: true });
}
const broken = [...new Set(tally.broken)];
console.log(JSON.stringify({ asked: tally.asked, valid: tally.valid, unserved: tally.unserved, broken }, null, 1));
process.exitCode = broken.length > 0 || tally.valid < 200 ? 1 : 0;
