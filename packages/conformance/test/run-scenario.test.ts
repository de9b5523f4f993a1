import { describe, expect, it } from 'vitest';
import type { HttpScenario } from '../src/http-scenario.ts';
import { runScenario } from '../src/run-scenario.ts';
import { control } from './mutants/control.ts';

function run(scenario: Partial<HttpScenario>): Promise<void> {
  return runScenario(
    { id: 'it', title: 'a scenario', routes: {}, probes: [], ...scenario },
    control,
  );
}

describe('runScenario', () => {
  it('explain why clients failed, along with the missing probes', async () => {
    const hangsUp = run({ routes: { 'GET /': (x) => x.res.destroy() }, probes: ['a place'] });
    await expect(hangsUp).rejects.toMatchObject({
      name: 'AssertionError',
      message: expect.stringMatching(
        /'client: Error: socket hang up'(.|\n)*'a place: never reached'/,
      ),
    });
  });

  it('explain the same failure of several clients once', async () => {
    const respondsAlike = run({
      routes: { 'GET /': (x) => void x.res.end() },
      probes: ['a place'],
      visit: async ({ id }) => Promise.reject(new TypeError(`of ${id}\nand more`)),
    });
    await expect(respondsAlike).rejects.toMatchObject({
      name: 'AssertionError',
      actual: ['client: TypeError: of its id', ...Array(24).fill('a place: never reached')],
    });
  });

  it('fail with the error of a client where no probe is wrong', async () => {
    const failed = run({ visit: async () => Promise.reject(new TypeError('on purpose')) });
    await expect(failed).rejects.toThrow(TypeError);
  });
});
