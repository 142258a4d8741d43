/** The command console: GDB's verbs, history, completion. */
import './styles.css';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { messageOf } from '../../client/client.ts';
import { targetKey } from '../../protocol/target.ts';
import { useClient, useTargetContext } from '../../ui/client-context.tsx';

interface Entry {
  readonly command: string;
  readonly output: string;
  readonly isError: boolean;
}

/** The longest common beginning of all completions. */
export function commonPrefix(words: readonly string[]): string {
  if (words.length === 0) return '';
  let length = 0;
  const [first] = words;
  while (length < first.length && words.every((word) => word[length] === first[length])) length += 1;
  return first.slice(0, length);
}

const EXAMPLES = ['break major_show inferior 1', 'bt', 'info registers', 'x/4i $pc', 'xen vcpus', 'walk d1:EL1:0x…'];

interface PromptProps {
  readonly history: readonly string[];
  readonly onRun: (line: string) => void;
  readonly onChoices: (choices: readonly string[]) => void;
}

function Prompt({ history, onRun, onChoices }: PromptProps): ReactElement {
  const client = useClient();
  const target = useTargetContext((state) => state.target);
  const [line, setLine] = useState('');
  const [back, setBack] = useState(0);
  const complete = async (): Promise<void> => {
    const choices = await client.session.completions(line);
    if (choices.length > 1) onChoices(choices);
    const prefix = commonPrefix(choices);
    if (prefix.length > line.length || choices.length === 1) setLine(prefix);
  };
  const recall = (step: number): void => {
    const next = Math.min(Math.max(back + step, 0), history.length);
    setBack(next);
    setLine(next === 0 ? '' : history[history.length - next]);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      // As in GDB, an empty line repeats the last command.
      onRun(line.trim() === '' ? (history.at(-1) ?? '') : line);
      setLine('');
      setBack(0);
    } else if (event.key === 'ArrowUp') recall(1);
    else if (event.key === 'ArrowDown') recall(-1);
    else if (event.key === 'Tab' && line !== '') complete().catch((error: unknown) => client.report(messageOf(error)));
    else return;
    event.preventDefault();
  };
  return (
    <label className="console-prompt mono">
      <span>({targetKey(target)})</span>
      <input
        aria-label="Debugger command"
        value={line}
        spellCheck={false}
        autoComplete="off"
        placeholder="help"
        onChange={(event) => setLine(event.target.value)}
        onKeyDown={onKeyDown}
      />
    </label>
  );
}

export function DebugConsoleView(): ReactElement {
  const client = useClient();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' });
  }, [entries]);
  const add = (command: string, output: string, isError = false): void =>
    setEntries((old) => [...old.slice(-400), { command, output, isError }]);
  const run = async (command: string): Promise<void> => {
    if (command === '') return;
    try {
      add(command, await client.session.execute(command, client.context.getState().target));
    } catch (error) {
      add(command, messageOf(error), true);
    }
  };
  return (
    <div className="view console" onClick={(event) => event.currentTarget === event.target && end.current?.focus()}>
      <div className="view-body console-body mono" tabIndex={0} role="log" aria-label="Debug console">
        {entries.length === 0 && (
          <p className="console-hint">
            GDB’s verbs, across all domains:{' '}
            {EXAMPLES.map((example) => (
              <code key={example}>{example}</code>
            ))}{' '}
            — <code>help</code> lists all of them.
          </p>
        )}
        {entries.map(({ command, output, isError }, index) => (
          <div key={index} className={isError ? 'console-entry error' : 'console-entry'}>
            <div className="console-command">{command}</div>
            {output !== '' && <pre>{output}</pre>}
          </div>
        ))}
        <div ref={end} />
      </div>
      <Prompt
        history={entries.map(({ command }) => command).filter((command) => command !== '')}
        onRun={(line) => void run(line)}
        onChoices={(choices) => add('', choices.join('\n'))}
      />
    </div>
  );
}
