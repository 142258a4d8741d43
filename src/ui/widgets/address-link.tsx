/** An address with its space; a click shows it, the menu shows it elsewhere. */
import type { ReactElement } from 'react';
import { showLocation } from '../../client/navigation.ts';
import { formatLocation, type Location } from '../../protocol/address.ts';
import { useClient } from '../client-context.tsx';

export interface AddressLinkProps {
  readonly location: Location;
  /** View that a click leads to. */
  readonly view?: 'memory' | 'disassembly' | 'translation';
  /** Text instead of the address itself, which is then the title. */
  readonly label?: string;
}

export function AddressLink({ location, view = 'disassembly', label }: AddressLinkProps): ReactElement {
  const client = useClient();
  const text = formatLocation(location);
  return (
    <button
      type="button"
      className="address-link mono"
      title={`${text} (show in ${view})`}
      onClick={(event) => {
        event.stopPropagation();
        showLocation(client.navigation, view, location);
      }}
    >
      {label ?? text}
    </button>
  );
}
