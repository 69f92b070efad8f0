import type { ReactNode } from 'react';

export interface DataTableProps {
  /** Read aloud. */
  readonly label: string;
  /** Of the columns; an empty one is for buttons. */
  readonly headings: readonly string[];
  /** Rows: `<tr>` with cells of {@link CELL}. */
  readonly children: ReactNode;
}

/** Of a table's cells; the first is as far from the edge as the page's title. */
export const CELL = 'py-2 pr-4 first:pl-4 md:first:pl-2';
/** Of what can be done with a row: in reach also where its columns are wider than the screen. */
export const ACTIONS_CELL = 'sticky right-0 bg-canvas py-1 pr-3 pl-1 text-right';
export const ROW = 'border-t border-line align-top';

/** A list with columns; scrolls by itself where there is no room. */
export function DataTable({ label, headings, children }: DataTableProps): ReactNode {
  return (
    <div className="min-h-0 flex-1 overflow-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-left whitespace-nowrap">
        <thead className="text-small text-muted">
          <tr>
            {headings.map((heading) =>
              heading === '' ? (
                <td key="" />
              ) : (
                <th key={heading} className={`${CELL} font-medium`}>
                  {heading}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
