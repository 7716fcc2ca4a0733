/** Prints rows of cells in columns: the first to the left, the others to the right. Numbers get three places. */
export function printTable(title, head, rows) {
  const cells = [head, ...rows].map((row) => row.map(toText));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  console.log(`\n${title}`);
  cells.forEach((row, index) => {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
        .join('  '),
    );
    if (index === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  });
}

function toText(cell) {
  if (cell === undefined || cell === null) return '';
  return typeof cell === 'number' && !Number.isInteger(cell) ? cell.toFixed(3) : String(cell);
}
