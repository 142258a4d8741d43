/** Looking for bytes or text from the row at the top, or from what was found last. */
import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { messageOf } from '../../client/client.ts';
import { formatSpace, type Location } from '../../protocol/address.ts';
import { useClient } from '../../ui/client-context.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { describeSearch, parsePattern, SEARCH_LENGTH } from './find-pattern.ts';

/** Bytes to show. */
export interface Mark {
  readonly address: bigint;
  /** Bytes. */
  readonly length: number;
}

/** Where the last search ended, for the next one. */
interface Progress {
  readonly space: string;
  readonly input: string;
  readonly forwards: bigint;
  readonly backwards: bigint;
}

export interface MemoryFindProps {
  readonly top: Location;
  readonly onFound: (mark: Mark) => void;
}

export function MemoryFind({ top, onFound }: MemoryFindProps): ReactElement {
  const client = useClient();
  const [input, setInput] = useState('');
  const [words, setWords] = useState('');
  const [progress, setProgress] = useState<Progress | null>(null);
  const pattern = parsePattern(input);

  const find = async (backwards: boolean): Promise<void> => {
    if (!pattern) return;
    const space = formatSpace(top.space);
    const isNext = progress?.space === space && progress.input === input;
    const start = isNext ? progress[backwards ? 'backwards' : 'forwards'] : top.address;
    setWords('looking…');
    try {
      const from = { space: top.space, address: start };
      const result = await client.read((session, stopId) =>
        session.findMemory(stopId, from, pattern.bytes, SEARCH_LENGTH, backwards),
      );
      setWords(describeSearch(result, top.space));
      if (result.found === null) setProgress({ space, input, forwards: result.to, backwards: result.from });
      else {
        const end = result.found + BigInt(pattern.bytes.length) - 1n;
        setProgress({ space, input, forwards: result.found + 1n, backwards: end });
        onFound({ address: result.found, length: pattern.bytes.length });
      }
    } catch (error) {
      setWords(messageOf(error));
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    void find(event.shiftKey);
  };
  return (
    <div className="view-bar memory-find" role="search" aria-label="Find in memory">
      <input
        className="field mono"
        aria-label="Bytes or text to find"
        placeholder='7f 45 4c 46 or text or "text"'
        title="Enter looks forwards, Shift+Enter backwards"
        spellCheck={false}
        value={input}
        onChange={(event) => setInput(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <IconButton icon="up" title="Find backwards (Shift+Enter)" disabled={!pattern} onClick={() => void find(true)} />
      <IconButton icon="down" title="Find forwards (Enter)" disabled={!pattern} onClick={() => void find(false)} />
      <span role="status" className="memory-found">
        {words || (pattern ? `${pattern.bytes.length} bytes${pattern.kind === 'text' ? ' of text' : ''}` : '')}
      </span>
    </div>
  );
}
