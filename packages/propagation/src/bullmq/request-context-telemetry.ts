import { type ContextValues, context } from '@request-context/core';
import { type Check, runWithoutScope } from '@request-context/core/adapter';
import type { Attributes, ContextManager, Span, SpanKind, Telemetry, Tracer } from 'bullmq';
import { reportSkip } from '../carrier/carried-values.ts';
import {
  type NormalizedPropagation,
  normalizePropagation,
  type PropagationOptions,
} from '../carrier/propagation-options.ts';
import { type TaskId, taskIdCheck } from '../carrier/propagator.ts';
import { type CarriedJob, carryJob, carryNothing, jobValues } from './carried-job.ts';
import { readJobMetadata, writeJobMetadata } from './job-metadata.ts';
import { currentJob, type RunningJob, runJob, runWithoutJob } from './running-job.ts';

/** Options of {@link requestContextTelemetry}. */
export interface RequestContextTelemetryOptions extends PropagationOptions {
  /**
   * `'same'`: a job has the id of who adds it. `'child'`: it has a fresh id, and the other as `parentRequestId`.
   * @default 'same'
   */
  id?: TaskId | undefined;
  /**
   * Another telemetry, which works as it does without this one: its spans, its metadata and its meter.
   * @default none
   */
  wrap?: Telemetry | undefined;
}

/** What BullMQ passes from one function of a telemetry to the next. */
interface TelemetryContext {
  /** The context of the other telemetry. */
  readonly inner: unknown;
  /** Where a task runs: in a job's scope, or outside of any. Undefined leaves the current scope. */
  readonly scope?: Attempt | 'none';
  /** The kind of the span that is set on it. */
  readonly kind?: number;
  /** What the metadata carries that it was made from. */
  readonly carried?: CarriedJob;
}

/** BullMQ's `SpanKind`. The enum itself would be an import of BullMQ. */
const kinds = { internal: 0, consumer: 4 } as const;
/** Names of BullMQ's attributes. */
const attributes = { jobId: 'bullmq.job.id', queueName: 'bullmq.queue.name' } as const;
/** Names of the events that BullMQ adds to the span of an attempt after it has emitted `completed` or `failed`. */
const endEvents = new Set(['job completed', 'job failed']);

const checks: { readonly id: Check; readonly wrap: Check } = {
  id: taskIdCheck,
  wrap: [isTelemetry, "a telemetry of BullMQ, such as new BullMQOtel({ tracerName: 'app' })"],
};

/**
 * Returns a telemetry for BullMQ's option `telemetry`. The metadata of a job then carries the id of who adds it: give it
 * to each Queue and FlowProducer. A Worker that has it runs the processor with that id, emits `completed` and `failed`
 * with it, and keeps it for the next attempt.
 *
 * @example
 * const queue = new Queue('mails', { connection, telemetry: requestContextTelemetry() });
 * @example
 * requestContextTelemetry({ keys: ['tenant'], wrap: new BullMQOtel({ tracerName: 'app' }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function requestContextTelemetry(options?: RequestContextTelemetryOptions): Telemetry {
  const { propagation, checked } = normalizePropagation(options, checks);
  const { id = 'same', wrap } = checked;
  const { tracer, contextManager, meter } = wrap ?? ({} as Partial<Telemetry>);

  const manager: ContextManager<TelemetryContext> = {
    active: () => ({ inner: contextManager?.active() }),
    root: () => ({
      inner: (contextManager?.root ?? contextManager?.active)?.call(contextManager),
      scope: 'none',
    }),
    with({ inner, scope }, fn) {
      const run: typeof fn =
        contextManager === undefined ? fn : ((() => contextManager.with(inner, fn)) as typeof fn);
      if (scope === 'none') return runWithoutScope(runWithoutJob, run);
      return scope === undefined ? run() : scope.run(run);
    },
    getMetadata({ inner, kind }) {
      const wrapped = contextManager?.getMetadata(inner) || undefined;
      const job = currentJob();
      // Of all that BullMQ does with a job that exists, only a failed attempt asks for metadata.
      const isNew = kind !== kinds.internal;
      if (!isNew && (job === undefined || wrapped === undefined)) return wrapped ?? '';
      const carried = isNew ? carryJob(propagation, id, job?.isOver === true) : job?.carried;
      const metadata = carried && writeJobMetadata(carried, wrapped);
      if (metadata === undefined) reportSkip(propagation, 'carrier', 'requestId', undefined);
      return metadata ?? wrapped ?? '';
    },
    fromMetadata(active, metadata) {
      const { carried, wrapped } = readJobMetadata(propagation, metadata);
      const inner = innerFrom(contextManager, active.inner, wrapped);
      return { inner, ...(carried !== undefined && { carried }) };
    },
  };
  const ownTracer: Tracer<TelemetryContext> = {
    startSpan(name, spanOptions, parent) {
      const span = tracer?.startSpan(name, spanOptions, parent?.inner);
      return createSpan(span, spanOptions?.kind, () => new Attempt(propagation, parent?.carried));
    },
  };
  return { tracer: ownTracer, contextManager: manager, ...(meter !== undefined && { meter }) };
}

/** One attempt at a job. */
class Attempt implements RunningJob {
  queueName: string | undefined = undefined;
  jobId: string | undefined = undefined;
  carried: CarriedJob;
  isOver = false;
  private readonly propagation: NormalizedPropagation;
  private isFresh: boolean;
  private values: Partial<ContextValues>;

  constructor(propagation: NormalizedPropagation, carried: CarriedJob | undefined) {
    this.propagation = propagation;
    this.isFresh = carried === undefined;
    this.carried = carried ?? carryNothing();
    this.values = jobValues(propagation, this.carried, '');
  }

  get requestId(): string | undefined {
    return this.values.requestId;
  }

  /** Runs a task in the job's scope. Returns its result. */
  run<T>(task: () => T): T {
    return runJob(this, this.values, task);
  }

  /** Takes the names of the queue and of the job. BullMQ names the job before it calls the processor. */
  read({ [attributes.queueName]: queueName, [attributes.jobId]: jobId }: Attributes): void {
    if (typeof queueName === 'string') this.queueName = queueName;
    if (typeof jobId !== 'string' || this.jobId !== undefined) return;
    this.update(() => {
      this.jobId = jobId;
    });
  }

  adopt(carried: CarriedJob): void {
    if (!this.isFresh) return;
    this.update(() => {
      this.isFresh = false;
      this.carried = carried;
    });
  }

  private update(change: () => void): void {
    const isInside = currentJob() === this;
    change();
    this.values = jobValues(this.propagation, this.carried, this.jobId ?? '');
    if (!isInside) return;
    for (const key of ['requestId', 'parentRequestId'] as const) {
      const value = this.values[key];
      if (value === undefined) context.delete(key);
      else context.set(key, value);
    }
  }
}

/** Returns a span that passes everything on to the other telemetry's span. */
function createSpan(
  span: Span | undefined,
  kind: SpanKind | undefined,
  createAttempt: () => Attempt,
): Span<TelemetryContext> {
  const attempt = kind === kinds.consumer ? createAttempt() : undefined;
  return {
    setSpanOnContext: (parent) => ({
      ...parent,
      ...(attempt !== undefined && { scope: attempt }),
      ...(kind !== undefined && { kind }),
      inner: span === undefined ? parent.inner : span.setSpanOnContext(parent.inner),
    }),
    setAttribute: (key, value) => span?.setAttribute(key, value),
    setAttributes(values) {
      attempt?.read(values);
      span?.setAttributes(values);
    },
    addEvent(name, values) {
      if (attempt !== undefined && endEvents.has(name)) attempt.isOver = true;
      span?.addEvent(name, values);
    },
    recordException: (exception, time) => span?.recordException(exception, time),
    end: () => span?.end(),
  };
}

/** Returns the other telemetry's context. Metadata that it cannot read must not end the job. */
function innerFrom(
  manager: ContextManager | undefined,
  active: unknown,
  metadata: string | undefined,
): unknown {
  if (manager === undefined || metadata === undefined) return active;
  try {
    return manager.fromMetadata(active, metadata);
  } catch {
    return active;
  }
}

function isTelemetry(value: unknown): boolean {
  const { tracer, contextManager } = (value ?? {}) as {
    [K in 'tracer' | 'contextManager']?: Record<string, unknown> | null;
  };
  return (
    typeof tracer?.startSpan === 'function' &&
    ['with', 'active', 'getMetadata', 'fromMetadata'].every(
      (name) => typeof contextManager?.[name] === 'function',
    )
  );
}
