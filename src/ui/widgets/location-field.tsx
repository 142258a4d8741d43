/** A field for an address with its space: `d1:EL1:0xffff...`, `xen:`, `PA:`. */
import { type ReactElement, useState } from 'react';
import { type AddressSpace, formatLocation, type Location, parseLocation } from '../../protocol/address.ts';

export interface LocationFieldProps {
  readonly label: string;
  /** Shown while the person is not typing. */
  readonly location: Location | null;
  /** The space of a number alone. */
  readonly fallback: AddressSpace;
  readonly onGo: (location: Location) => void;
}

export function LocationField({ label, location, fallback, onGo }: LocationFieldProps): ReactElement {
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? (location ? formatLocation(location) : '');
  const parsed = parseLocation(text, fallback);
  return (
    <form
      className="location-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!parsed) return;
        setDraft(null);
        onGo(parsed);
      }}
    >
      <input
        className={draft !== null && draft !== '' && !parsed ? 'field invalid' : 'field'}
        aria-label={label}
        aria-invalid={draft !== null && !parsed}
        placeholder="d1:EL1:0x… or xen:0x… or PA:0x…"
        spellCheck={false}
        value={text}
        onChange={(event) => setDraft(event.target.value)}
        onFocus={(event) => event.target.select()}
        onBlur={() => setDraft(null)}
      />
    </form>
  );
}
