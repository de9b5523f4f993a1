import { createHmac } from 'node:crypto';
import { type ContextValues, context, newRequestId } from '@request-context/core';
import { headersToSend, receivedValues } from '../carrier/carried-values.ts';
import { readCarrier } from '../carrier/carrier-access.ts';
import type { NormalizedPropagation } from '../carrier/propagation-options.ts';
import { type TaskId, taskValues } from '../carrier/propagator.ts';

/** What the metadata of a job carries from who added it to each of its attempts. */
export interface CarriedJob {
  /** The id of who added the job, and the values that `keys` names, as headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fresh ids are derived from it, so that all attempts at a job have the same one. */
  readonly seed: string;
  /** Which id the job has. */
  readonly id?: TaskId;
  /** The `parentRequestId` of who added the job. */
  readonly parent?: string;
  /** Whether the job was added when the one in whose scope that happened was over. */
  readonly late?: boolean;
}

/** The start of the ids that BullMQ gives to the runs of a scheduler. */
const runPrefix = 'repeat:';
const nothing = () => [];

/** Returns what a job carries that is added in the current scope. */
export function carryJob(
  propagation: NormalizedPropagation,
  id: TaskId,
  late: boolean,
): CarriedJob {
  const parent: unknown = context.get('parentRequestId');
  return {
    headers: Object.fromEntries(headersToSend(propagation, nothing)),
    seed: newRequestId(),
    ...(id === 'child' && { id }),
    ...(typeof parent === 'string' && propagation.isValid(parent) && { parent }),
    ...(late && { late }),
  };
}

/**
 * Returns what a job carries that came without anything valid.
 *
 * @param seed - Fresh ids are derived from it.
 */
export function carryNothing(seed: string = newRequestId()): CarriedJob {
  return { headers: {}, seed };
}

/** Returns what a value of any shape carries; undefined where there is nothing valid. */
export function checkCarriedJob(
  propagation: NormalizedPropagation,
  value: unknown,
): CarriedJob | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { headers, seed, id, parent, late } = value as Record<string, unknown>;
  const { requestId } = readHeaders(propagation, headers);
  const validSeed = isId(propagation, seed) ? seed : requestId;
  if (validSeed === undefined) return undefined;
  return {
    headers: headers as CarriedJob['headers'],
    seed: validSeed,
    ...(id === 'child' && { id }),
    ...(isId(propagation, parent) && { parent }),
    ...(late === true && { late }),
  };
}

/** Returns the values of a job. They are the same in each attempt, in each process. */
export function jobValues(
  propagation: NormalizedPropagation,
  { headers, seed, id, parent, late }: CarriedJob,
  jobId: string,
): Partial<ContextValues> {
  const received = readHeaders(propagation, headers);
  const createId = () => deriveId(seed, jobId);
  // BullMQ copies the metadata of who made a scheduler to all of its runs.
  if (jobId.startsWith(runPrefix)) {
    if (late !== true) return taskValues(received, 'child', createId);
    return { ...received, requestId: createId() };
  }
  if (id === 'child') return taskValues(received, id, createId);
  return taskValues(
    parent === undefined ? received : { ...received, parentRequestId: parent },
    'same',
    createId,
  );
}

function readHeaders(propagation: NormalizedPropagation, headers: unknown): Partial<ContextValues> {
  return receivedValues(propagation, (name) => readCarrier(headers, name));
}

function isId({ isValid }: NormalizedPropagation, value: unknown): value is string {
  return typeof value === 'string' && isValid(value);
}

/** Returns an id in the form of a random UUID whose bits are derived from the seed and the job's id. */
function deriveId(seed: string, jobId: string): string {
  const bytes = createHmac('sha256', seed).update(jobId).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
