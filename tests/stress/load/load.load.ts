import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { adapterNames } from '../../kit/built-adapter.js';
import { describeMismatch } from './describe-mismatch.ts';
import { LoadedServer, type Measured } from './loaded-server.ts';
import { openAll, visitors } from './visitors.ts';

const connections = 2_000;

let wave = 0;

/** Uses the connections, with every kind of visitor in turn. Returns the mismatches. */
async function visit(sockets: readonly Socket[], hasLeft = false): Promise<string[]> {
  wave += 1;
  const kinds = Object.values(visitors);
  const problems = await Promise.all(
    sockets.map(async (socket, n) => {
      const id = `load-${wave}-${n}`;
      const visitor = kinds[n % kinds.length];
      const got = await visitor?.(socket, id);
      socket.destroy();
      if (got === undefined) return undefined;
      const expected = Array.from({ length: got.responses }, () => ({ id, status: 200 }));
      return describeMismatch(expected, { ...got, hasLeft: got.hasLeft || hasLeft });
    }),
  );
  return problems.filter((problem) => problem !== undefined);
}

describe.each(adapterNames)('%s', (adapter) => {
  it(`serve ${connections} clients at once that are slow, leave, reset or half-close`, async () => {
    const server = new LoadedServer(adapter);
    await server.start();
    const measured: Measured[] = [];
    for (let round = 0; round < 4; round += 1) {
      expect(await visit(await openAll(server.port, connections))).toEqual([]);
      measured.push(await server.ask('measure'));
    }
    const last = measured.at(-1);
    console.log(adapter, measured);
    expect(last?.wrong).toBe(0);
    expect(last?.right).toBeGreaterThan(connections * 4);
    // Nothing of a request is kept. The first wave fills what the process keeps for good.
    expect(last?.alive).toBeLessThanOrEqual(5);
    expect((last?.heap ?? 0) - (measured[1]?.heap ?? 0)).toBeLessThan(1_000_000);
    expect(server.stderr).toBe('');
    await server.ask('end');
    expect(await server.exited).toEqual([0, null]);
  });

  it.each([
    ['finish every response when it closes under load', 'drain'],
    ['cut its connections when it ends under load', 'end'],
  ] as const)('%s', async (_title, command) => {
    const server = new LoadedServer(adapter);
    await server.start();
    const sockets = await openAll(server.port, 500);
    const visiting = visit(sockets, true);
    // While heads and bodies arrive and the first responses are on their way.
    await delay(12);
    await server.ask(command);
    expect(await visiting).toEqual([]);
    if (command === 'drain') {
      expect(await server.ask('measure')).toMatchObject({ wrong: 0 });
      await server.ask('end');
    }
    expect(await server.exited).toEqual([0, null]);
    expect(server.stderr).toBe('');
  });
});
