import { createPropagator } from '@request-context/propagation';

/** An attribute of a message of SQS. */
interface Attribute {
  DataType: string | undefined;
  StringValue?: string | undefined;
}

/** An attribute of a record that a function of AWS Lambda gets. */
interface RecordAttribute {
  readonly stringValue?: string | undefined;
}

const propagator = createPropagator();

/** Returns attributes for `SendMessageCommand`, with the request's id. */
export function messageAttributes(
  attributes: Record<string, Attribute> = {},
): Record<string, Attribute> {
  return propagator.inject({ ...attributes }, (carrier, name, value) => {
    // With an eleventh attribute, SQS would reject the message.
    if (Object.keys(carrier).length >= 10) throw new RangeError('There are 10 attributes.');
    carrier[name] = { DataType: 'String', StringValue: value };
  });
}

/** Runs a task with the id that a message carries. Receive it with `MessageAttributeNames: ['All']`. */
export function runWithMessage<T>(
  message: { readonly MessageAttributes?: Readonly<Record<string, Attribute>> | undefined },
  task: () => T,
): T {
  return propagator.run(message.MessageAttributes ?? {}, task, {
    getter: (attributes, name) => attributes[name]?.StringValue,
  });
}

/** Runs a task with the id that a record in AWS Lambda carries. */
export function runWithRecord<T>(
  record: { readonly messageAttributes: Readonly<Record<string, RecordAttribute>> },
  task: () => T,
): T {
  return propagator.run(record.messageAttributes, task, {
    getter: (attributes, name) => attributes[name]?.stringValue,
  });
}
