import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adapterNames } from '../support/built-adapter.js';
import { openAll, problemOf, visitors } from './visitors.ts';

const connections = 2_000;

interface Measured {
  heap: number;
  right: number;
  wrong: number;
  alive: number;
}

/** A server in a process of its own. */
class Server {
  readonly #process: ChildProcess;
  readonly exited: Promise<unknown[]>;
  stderr = '';
  port = 0;

  constructor(adapter: string) {
    this.#process = fork(fileURLToPath(new URL('./server.js', import.meta.url)), [adapter], {
      silent: true,
      execArgv: ['--expose-gc', '--unhandled-rejections=strict'],
    });
    this.#process.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.exited = once(this.#process, 'exit');
    onTestFinished(() => void this.#process.kill());
  }

  async start(): Promise<void> {
    const { url } = (await this.#answer()) as { url: string };
    this.port = Number(new URL(url).port);
  }

  tell(command: 'measure' | 'drain' | 'end'): Promise<unknown> {
    const answer = this.#answer();
    this.#process.send(command);
    return answer;
  }

  async #answer(): Promise<unknown> {
    const exited = this.exited.then(([code]) => {
      throw new Error(`The server ended with ${code}: ${this.stderr}`);
    });
    const [message] = await Promise.race([once(this.#process, 'message'), exited]);
    return message;
  }
}

let wave = 0;

/** Has every kind of visitor use the connections; gives what was wrong with what they got. */
async function visit(sockets: readonly Socket[], mayBeCut = false): Promise<string[]> {
  wave += 1;
  const kinds = Object.values(visitors);
  const problems = await Promise.all(
    sockets.map(async (socket, n) => {
      const id = `load-${wave}-${n}`;
      const visitor = kinds[n % kinds.length];
      const got = await visitor?.(socket, id);
      socket.destroy();
      return got && problemOf(mayBeCut ? { ...got, mayBeCut } : got, id);
    }),
  );
  return problems.filter((problem) => problem !== undefined);
}

describe.each(adapterNames)('%s', (adapter) => {
  it(`serves ${connections} connections at once that are slow, leave, reset and close halves`, async () => {
    const server = new Server(adapter);
    await server.start();
    const measured: Measured[] = [];
    for (let round = 0; round < 4; round += 1) {
      expect(await visit(await openAll(server.port, connections))).toEqual([]);
      measured.push((await server.tell('measure')) as Measured);
    }
    const last = measured.at(-1);
    console.log(adapter, measured);
    expect(last?.wrong).toBe(0);
    expect(last?.right).toBeGreaterThan(connections * 4);
    // Nothing of a request is kept; the first wave warms up what the process keeps for itself.
    expect(last?.alive).toBeLessThanOrEqual(5);
    expect((last?.heap ?? 0) - (measured[1]?.heap ?? 0)).toBeLessThan(1_000_000);
    expect(server.stderr).toBe('');
    await server.tell('end');
    expect(await server.exited).toEqual([0, null]);
  });

  it.each([
    ['is left to finish', 'drain'],
    ['cuts its connections', 'end'],
  ] as const)('closes under load and %s', async (_how, command) => {
    const server = new Server(adapter);
    await server.start();
    const sockets = await openAll(server.port, 500);
    const visiting = visit(sockets, true);
    await new Promise((resolve) => sockets[0]?.once('data', resolve));
    await server.tell(command);
    expect(await visiting).toEqual([]);
    if (command === 'drain') {
      expect(await server.tell('measure')).toMatchObject({ wrong: 0 });
      await server.tell('end');
    }
    expect(await server.exited).toEqual([0, null]);
    expect(server.stderr).toBe('');
  });
});
