/** Messages: logpoints, the machine, the debugger; and what the guests touched outside the model. */
import './styles.css';
import { type ReactElement, useState } from 'react';
import { useStore } from 'zustand';
import { formatLocation } from '../../protocol/address.ts';
import { useClient } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { IconButton } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { VirtualList } from '../../ui/widgets/virtual-list.tsx';
import { groupDigits } from '../../ui/workbench/status-bar.tsx';

function Messages(): ReactElement {
  const client = useClient();
  const messages = useStore(client.output, (state) => state.messages);
  if (messages.length === 0)
    return <Empty>Messages of logpoints, of the machine and of the debugger appear here.</Empty>;
  return (
    <VirtualList
      label="Messages"
      count={messages.length}
      rowHeight={20}
      reveal={messages.length - 1}
      row={(index) => {
        const { category, severity, text, instructions } = messages[index];
        return (
          <div className={`output-row ${severity}`}>
            <span className="output-time mono">{groupDigits(instructions)}</span>
            <span className="output-category">{category}</span>
            <span className="output-text">{text}</span>
          </div>
        );
      }}
    />
  );
}

function Unmodelled(): ReactElement {
  const { data } = useAtStop('unmodelled', (session) => session.unmodelled());
  if (!data || data.length === 0) {
    return (
      <Empty>
        {data
          ? 'The guests have touched nothing outside the model.'
          : 'Pause the machine to list what the guests touched outside the model.'}
      </Empty>
    );
  }
  return (
    <table className="grid">
      <thead>
        <tr>
          <th>Access</th>
          <th className="number">Count</th>
          <th>First at</th>
          <th>By</th>
        </tr>
      </thead>
      <tbody>
        {data.map(({ what, count, pc, cpu, domain }) => (
          <tr key={what}>
            <td className="mono">{what}</td>
            <td className="number">{groupDigits(count)}</td>
            <td className="mono">{formatLocation({ space: { kind: 'cpu', cpu }, address: pc })}</td>
            <td>{domain === null ? 'Xen' : `d${domain}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function OutputView(): ReactElement {
  const client = useClient();
  const [page, setPage] = useState<'messages' | 'unmodelled'>('messages');
  return (
    <div className="view">
      <div className="view-bar">
        <button
          type="button"
          className="text-toggle"
          aria-pressed={page === 'messages'}
          onClick={() => setPage('messages')}
        >
          Messages
        </button>
        <button
          type="button"
          className="text-toggle"
          aria-pressed={page === 'unmodelled'}
          onClick={() => setPage('unmodelled')}
        >
          Unmodelled accesses
        </button>
        <span className="grow" />
        <IconButton icon="trash" title="Clear messages" onClick={() => client.output.setState({ messages: [] })} />
      </div>
      <div className="view-body">{page === 'messages' ? <Messages /> : <Unmodelled />}</div>
    </div>
  );
}
