/** The icons, drawn on a 16 x 16 grid in the text's colour. */
import type { ReactElement } from 'react';

const PATHS = {
  continue: <path d="M4 3v10M6.5 3.2 13 8l-6.5 4.8Z" fill="currentColor" strokeLinejoin="round" />,
  pause: <path d="M5.5 3v10M10.5 3v10" strokeWidth="2" />,
  stepOver: (
    <>
      <path d="M2.5 8.5a5.5 5.5 0 0 1 10.4-1.8M13.2 2.8v4h-4" />
      <circle cx="8" cy="12.2" r="1.7" fill="currentColor" stroke="none" />
    </>
  ),
  stepInto: (
    <>
      <path d="M8 1.8v7M5 6 8 9l3-3" />
      <circle cx="8" cy="12.8" r="1.7" fill="currentColor" stroke="none" />
    </>
  ),
  stepOut: (
    <>
      <path d="M8 9.2v-7M5 5l3-3 3 3" />
      <circle cx="8" cy="12.8" r="1.7" fill="currentColor" stroke="none" />
    </>
  ),
  stepInstruction: <path d="M2.5 4.5h4M2.5 8h4M2.5 11.5h4M9 8h5M11.5 5.5 14 8l-2.5 2.5" />,
  restart: <path d="M3 3v4h4M3.4 6.6A5.2 5.2 0 1 1 2.9 9.5" />,
  power: <path d="M8 2v6M4.6 4.2a5.2 5.2 0 1 0 6.8 0" />,
  search: <path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3 14 14" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  plus: <path d="M8 3v10M3 8h10" />,
  trash: <path d="M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.5M9.2 7v3.5" />,
  pin: <path d="M6 2h4l-.5 5 2.5 2H4l2.5-2ZM8 9v5" />,
  up: <path d="M8 13V3.5M4.5 6.8 8 3.2l3.5 3.6" />,
  down: <path d="M8 3v9.5M4.5 9.2 8 12.8l3.5-3.6" />,
  structure: <path d="M2.5 3h11v3h-11ZM5.5 9h8M5.5 12.5h8M3 6v6.5" />,
  chevron: <path d="m6 4 4 4-4 4" />,
  sun: (
    <path d="M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13" />
  ),
  warning: <path d="M8 2.2 14.5 13.5h-13ZM8 6.5v3.2M8 11.4v.4" strokeLinejoin="round" />,
  follow: <path d="M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6ZM8 1v3M8 12v3M1 8h3M12 8h3" />,
  edit: <path d="m3 13 .6-2.8 7-7 2.2 2.2-7 7ZM9.4 4.4l2.2 2.2" strokeLinejoin="round" />,
  download: <path d="M8 2v8M4.8 7 8 10.2 11.2 7M3 13.5h10" />,
  upload: <path d="M8 10.5v-8M4.8 5.5 8 2.3l3.2 3.2M3 13.5h10" />,
} as const satisfies Record<string, ReactElement>;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  );
}
