import { describe, expect, it } from 'vitest';
import { nodeHttpAdapters } from '../src/adapters/node-http.ts';
import { runScenario } from '../src/run-scenario.ts';
import type { Adapter, HttpScenario } from '../src/types.ts';

const [adapter] = nodeHttpAdapters as [Adapter];

function run(scenario: Partial<HttpScenario>): Promise<void> {
  return runScenario(
    { id: 'it', level: 'MUST', title: 'a scenario', routes: {}, probes: [], ...scenario },
    adapter,
  );
}

describe('runScenario', () => {
  it('tells why clients failed beside the probes that are missing', async () => {
    const hangsUp = run({ routes: { 'GET /': (x) => x.res.destroy() }, probes: ['a place'] });
    await expect(hangsUp).rejects.toMatchObject({
      name: 'AssertionError',
      message: expect.stringMatching(
        /'client: Error: socket hang up'(.|\n)*'a place: never reached'/,
      ),
    });
  });

  it('tells it once, whatever the id', async () => {
    const answersAlike = run({
      routes: { 'GET /': (x) => void x.res.end() },
      probes: ['a place'],
      visit: async ({ id }) => Promise.reject(new TypeError(`of ${id}\nand more`)),
    });
    await expect(answersAlike).rejects.toMatchObject({
      name: 'AssertionError',
      actual: ['client: TypeError: of its id', ...Array(24).fill('a place: never reached')],
    });
  });

  it('fails with what a client failed with where no probe is wrong', async () => {
    const failed = run({ visit: async () => Promise.reject(new TypeError('on purpose')) });
    await expect(failed).rejects.toThrow(TypeError);
  });
});
