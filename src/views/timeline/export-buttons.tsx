/** Saves the recording as a file of another tool. */
import type { ReactElement } from 'react';
import { useClient } from '../../ui/client-context.tsx';

const FORMATS = [
  ['perfetto', 'trace.perfetto-trace', 'Save for Perfetto'],
  ['chrome', 'trace.json', 'Save as Chrome trace'],
  ['csv', 'statistics.csv', 'Save the statistics as CSV'],
  ['events', 'events.bin', 'Save the events themselves, 32 bytes each'],
] as const;

export function ExportButtons(): ReactElement {
  const client = useClient();
  const save = async (format: (typeof FORMATS)[number][0], name: string): Promise<void> => {
    try {
      const parts = await client.session.exportTimeline(format);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(parts as BlobPart[]));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      client.report(String(error));
    }
  };
  return (
    <>
      {FORMATS.map(([format, name, title]) => (
        <button
          key={format}
          type="button"
          className="text-toggle"
          title={title}
          onClick={() => void save(format, name)}
        >
          {format}
        </button>
      ))}
    </>
  );
}
