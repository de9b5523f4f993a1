// Preloaded with `node --import`. Makes the first timer that a handler waits for fail; later timers work.
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const { setTimeout } = timers;

timers.setTimeout = async () => {
  timers.setTimeout = setTimeout;
  syncBuiltinESMExports();
  throw new Error('The timer is\nout of order');
};
syncBuiltinESMExports();
