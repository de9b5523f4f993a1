import { createPropagator } from '@request-context/propagation';

type Attributes = Record<string, string>;

const propagator = createPropagator();

/** Returns attributes for `topic.publishMessage()`, with the request's id. */
export function messageAttributes(attributes: Attributes = {}): Attributes {
  return propagator.inject({ ...attributes }, (carrier, name, value) => {
    // With a longer value, Pub/Sub would reject the message.
    if (Buffer.byteLength(value) > 1024) throw new RangeError('The value is too long.');
    carrier[name] = value;
  });
}

/** Runs a task with the id that a message carries. */
export function runWithMessage<T>(
  message: { readonly attributes: Readonly<Attributes> },
  task: () => T,
): T {
  return propagator.run(message.attributes, task);
}
