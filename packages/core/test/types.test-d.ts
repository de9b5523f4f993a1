// Checked by tsc only (npm run check:types): a line under @ts-expect-error that compiles is an error.
// It compiles all tests as one program, so all of them see the key that is merged in here: hence its name.
import { EventEmitter } from 'node:events';
import {
  type Context,
  type ContextValues,
  context,
  createContext,
  getRequestId,
  type RequestIdOptions,
  type Snapshot,
} from '@request-context/core';

declare module '@request-context/core' {
  interface ContextValues {
    keyOfTheTypeTest: { plan: 'free' | 'paid' };
  }
}

/** Compiles when the type of `value` is `T`, neither wider nor narrower. */
function isExactly<T>() {
  return <U>(value: U, ..._same: Same<T, U> extends true ? [] : [never]): U => value;
}
type Same<T, U> =
  (<X>() => X extends T ? 1 : 2) extends <X>() => X extends U ? 1 : 2 ? true : false;

// A merged key of the default context.
isExactly<{ plan: 'free' | 'paid' } | undefined>()(context.get('keyOfTheTypeTest'));
isExactly<{ plan: 'free' | 'paid' }>()(context.require('keyOfTheTypeTest'));
isExactly<{ plan: 'free' | 'paid' } | null>()(context.get('keyOfTheTypeTest', null));
isExactly<string | undefined>()(context.get('requestId'));
isExactly<string>()(context.get('requestId', 'none'));
isExactly<string>()(context.require('rejectedRequestId'));
isExactly<string | undefined>()(getRequestId());
isExactly<Partial<ContextValues>>()(context.toObject());
context.set('keyOfTheTypeTest', { plan: 'paid' });
context.run({ requestId: 'myid', keyOfTheTypeTest: { plan: 'free' } }, () => {});
context.run({}, () => {});
// @ts-expect-error not the exact type
isExactly<string>()(context.get('requestId'));
// @ts-expect-error no such key
context.get('requestID');
// @ts-expect-error no such key
context.require('unknown');
// @ts-expect-error no such key
context.set('unknown', 1);
// @ts-expect-error no such key
context.has('unknown');
// @ts-expect-error no such key
context.delete('unknown');
// @ts-expect-error an id is a string
context.set('requestId', 7);
// @ts-expect-error only a defined value can be set
context.set('requestId', undefined);
// @ts-expect-error no such plan
context.set('keyOfTheTypeTest', { plan: 'trial' });
// @ts-expect-error no such key
context.run({ unknown: 1 }, () => {});
// @ts-expect-error an id is a string
context.run({ requestId: 7 }, () => {});
// @ts-expect-error a task is needed
context.run({ requestId: 'myid' });
// @ts-expect-error no such mode
context.fork(() => {}, { inherit: 'clone' });
// @ts-expect-error no such option
context.fork(() => {}, { inherits: 'copy' });
// @ts-expect-error no such key
context.fork(() => {}, { values: { unknown: 1 } });
// @ts-expect-error it is read-only
context.active = true;

// A context with its own type.
interface Trace {
  step: string;
  depth?: number;
}
const trace: Context<Trace> = createContext<Trace>({ inherit: 'chain' });
isExactly<string | undefined>()(trace.get('step'));
isExactly<number | undefined>()(trace.get('depth'));
isExactly<number>()(trace.get('depth', 0));
isExactly<number>()(trace.require('depth'));
isExactly<number | 'deep'>()(trace.get('depth', 'deep' as const));
trace.fork(() => {}, { inherit: 'copy', values: { depth: 1 } });
// @ts-expect-error a key of the default context only
trace.get('requestId');
// @ts-expect-error a string is not a number
trace.set('depth', 'one');
// @ts-expect-error the type of the values must be an object type
createContext<number>();
// @ts-expect-error no such mode
createContext({ inherit: 'deep' });
// @ts-expect-error it takes a value and a key
createContext({ clone: (_value: unknown, _key: PropertyKey, _more: string) => 1 });

// A context without a type accepts every key, and knows nothing about the values.
const any = createContext();
isExactly<unknown>()(any.get('whatever'));
any.set(Symbol('tag'), 1);
any.set(7, 'seven');

// Tasks and functions keep their types.
isExactly<Promise<number>>()(context.run({}, async () => 1));
isExactly<'done'>()(context.fork(() => 'done' as const));
isExactly<(a: number, b?: string) => boolean>()(
  context.bind((a: number, b?: string) => a === Number(b)),
);
const inside: Snapshot = context.snapshot();
isExactly<string>()(inside((a: number, b: string) => `${a}${b}`, 1, 'b'));
isExactly<EventEmitter>()(context.bindEmitter(new EventEmitter()));
// @ts-expect-error a string is not a number
inside((a: number) => a, 'one');
// @ts-expect-error one argument is missing
inside((a: number) => a);
// @ts-expect-error a function is needed
context.bind({});
// @ts-expect-error an EventTarget does not emit
context.bindEmitter(new EventTarget());

// Nothing awaits the result of onInvalid: it may be anything but a promise.
const told: string[] = [];
declare const logger: { warn(line: string): { level: string } };
function onInvalid(_told: RequestIdOptions<object>['onInvalid']): void {}
onInvalid((raw) => told.push(raw));
onInvalid((raw) => logger.warn(raw));
onInvalid((raw, request) => void [raw, request]);
onInvalid(() => told);
onInvalid(() => () => {});
onInvalid(() => null);
onInvalid(() => {});
onInvalid(function (this: void, raw): void {
  told.push(raw);
});
onInvalid(console.log);
// @ts-expect-error an async function
onInvalid(async () => {});
// @ts-expect-error a promise
onInvalid(() => Promise.reject(new Error('no')));
// @ts-expect-error a promise, sometimes
onInvalid((raw) => (raw === '' ? undefined : Promise.resolve(1)));
