/** Kinds of events the machine writes into its trace ring; the records themselves are described where all layers can see them. */
export { TraceKind } from '../base/trace-record.ts';
