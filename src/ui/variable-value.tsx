/** The value of a variable in the format that the person chose for it. */
import type { ReactElement } from 'react';
import { currentFrame } from '../client/context-store.ts';
import {
  formatOf,
  formatScalar,
  STRUCTURE_FORMATS,
  textOf,
  VALUE_FORMATS,
  type ValueFormat,
} from '../client/value-format.ts';
import { formatLocation, type Location } from '../protocol/address.ts';
import type { Variable } from '../protocol/inspect.ts';
import { useClient, useTargetContext, useWorkspace } from './client-context.tsx';
import { useAtStop } from './use-at-stop.ts';

/** Bytes of a string that are read. */
const STRING_LENGTH = 200;
const ABSENT = /^<(optimised out|unreadable|incomplete type|not available)>$/;

/** What a format is remembered by. */
function keyOf(variable: Variable): string {
  return variable.evaluateName ?? variable.name;
}

/** The format of a variable and how to choose it. */
function useValueFormat(variable: Variable): readonly [ValueFormat, (format: ValueFormat) => void] {
  const client = useClient();
  const key = keyOf(variable);
  const format = useWorkspace((state) => formatOf(state.formats, key));
  const choose = (next: ValueFormat): void =>
    client.workspace.setState(({ formats }) => {
      const { [key]: _old, ...others } = formats;
      // A member may be natural where its structure is not.
      return { formats: next === formatOf(others, key) ? others : { ...others, [key]: next } };
    });
  return [format, choose];
}

/** Formats that make sense for a variable: numbers have all, arrays and structures pass theirs on to their members or are read as text. */
function formatsOf({ scalar, location, variablesReference }: Variable): readonly ValueFormat[] {
  if (scalar) return VALUE_FORMATS;
  if (!location) return [];
  return variablesReference === 0 ? ['natural', 'string'] : STRUCTURE_FORMATS;
}

function StringValue({ at }: { readonly at: Location }): ReactElement {
  const { data, error } = useAtStop(`text ${formatLocation(at)}`, (session, stopId) =>
    session.readMemory(stopId, at, STRING_LENGTH),
  );
  if (!data) return <>{error ?? '…'}</>;
  const end = data.bytes.findIndex((byte, i) => byte === 0 || data.readable[i] === 0);
  const isCut = end < 0 || data.readable[end] === 0;
  if (data.readable[0] === 0) return <>&lt;unreadable&gt;</>;
  return <>{`"${textOf([...data.bytes.subarray(0, end < 0 ? undefined : end)])}"${isCut ? '…' : ''}`}</>;
}

export function VariableValue({ variable }: { readonly variable: Variable }): ReactElement {
  const [format] = useValueFormat(variable);
  const frame = useTargetContext(currentFrame);
  const { scalar, location, value } = variable;
  if (format === 'string') {
    const space = location?.space ?? frame?.location.space;
    const at = scalar ? space && { space, address: scalar.value } : location;
    if (at) return <StringValue at={at} />;
  }
  return <>{(scalar && formatScalar(scalar, format)) ?? value}</>;
}

/** True for what the program does not have at this moment. */
export function isAbsent({ value }: Variable): boolean {
  return ABSENT.test(value);
}

export function FormatSelect({ variable }: { readonly variable: Variable }): ReactElement | null {
  const [format, choose] = useValueFormat(variable);
  const formats = formatsOf(variable);
  if (formats.length === 0) return null;
  return (
    <select
      className="select format-select"
      aria-label={`Format of ${variable.name}`}
      title="Format"
      value={format}
      onClick={(event) => event.stopPropagation()}
      onChange={(event) => choose(VALUE_FORMATS.find((each) => each === event.target.value) ?? 'natural')}
    >
      {formats.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}
