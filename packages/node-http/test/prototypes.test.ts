import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { compileFunction, createContext, runInContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen, send } from '../../../test/support/http.ts';

type Package = typeof import('../src/index.ts');

const { emit: requestEmit } = IncomingMessage.prototype;
const { emit: responseEmit, writeHead } = ServerResponse.prototype;

let withRequestId: Package['withRequestId'];
let getRequestId: Package['getRequestId'];

beforeEach(async () => {
  vi.resetModules();
  ({ withRequestId, getRequestId } = await import('../src/index.ts'));
});

afterEach(() => {
  IncomingMessage.prototype.emit = requestEmit;
  ServerResponse.prototype.emit = responseEmit;
  ServerResponse.prototype.writeHead = writeHead;
});

/** What events of a request with the id `myid` see, emitted by somebody else, and the id on its response. */
async function visit(wrap = withRequestId, read = getRequestId) {
  const seen: unknown[] = [];
  let exchange: EventEmitter[] = [];
  const server = createServer(
    wrap((req, res) => {
      exchange = [req, res];
      for (const emitter of exchange) emitter.on('custom', () => seen.push(read()));
      res.removeHeader('X-Request-ID');
      res.end();
    }),
  );
  const { id } = await send(await listen(server), { id: 'myid' });
  for (const emitter of exchange) emitter.emit('custom');
  return { seen, id };
}

const right = { seen: ['myid', 'myid'], id: 'myid' };

describe("the methods of Node's classes", () => {
  it.each([
    ['before', false],
    ['after', true],
  ])('may be replaced by others %s they were by this package', async (_when, isAfter) => {
    if (isAfter) await visit();
    const calls: unknown[] = [];
    const inherited = ServerResponse.prototype.emit;
    ServerResponse.prototype.emit = function (...args: never[]) {
      calls.push(args[0]);
      return Reflect.apply(inherited, this, args);
    };
    expect(await visit()).toEqual(right);
    expect(calls).toContain('finish');
  });

  it.each([
    ['IncomingMessage', IncomingMessage.prototype],
    ['ServerResponse', ServerResponse.prototype],
  ])('may have been replaced for good, that of %s alone as well', async (_name, prototype) => {
    await visit();
    prototype.emit = Object.getPrototypeOf(prototype).emit;
    expect(await visit()).toEqual(right);
  });

  it('are replaced once, in however many realms the package is loaded, as by test runners', async () => {
    const depthOf = (): number => {
      let depth = 0;
      const key = Symbol.for('@request-context/core:original');
      for (let emit = IncomingMessage.prototype.emit as never; emit?.[key]; emit = emit[key])
        depth += 1;
      return depth;
    };
    for (let realm = 0; realm < 3; realm += 1) {
      const { withRequestId: wrap, getRequestId: read } = loadInNewRealm();
      expect(await visit(wrap, read)).toEqual(right);
      expect(depthOf()).toBe(1);
    }
    // Those of this realm were put out of work, and notice it.
    expect(await visit()).toEqual(right);
  });
});

/** The built package, and the core with it, evaluated anew with globals of their own. */
function loadInNewRealm(): Package {
  const realm = createContext({ process, Buffer, console, setTimeout, clearTimeout });
  const built = (name: string): string =>
    new URL(`../../${name}/dist/index.cjs`, import.meta.url).pathname;
  function load(name: string): never {
    const file = built(name);
    const resolve = createRequire(file);
    const module = { exports: {} };
    const find = (id: string): unknown =>
      id.startsWith('@request-context/') ? load(id.slice('@request-context/'.length)) : resolve(id);
    const source = readFileSync(file, 'utf8');
    compileFunction(source, ['require', 'module', 'exports'], { parsingContext: realm })(
      find,
      module,
      module.exports,
    );
    return module.exports as never;
  }
  expect(runInContext('globalThis', realm)).not.toBe(globalThis);
  return load('node-http');
}
