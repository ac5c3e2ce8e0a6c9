/** A bar for every value, as SVG that reads well on light and on dark paper. */
export function barsOf(
  title: string,
  bars: readonly { readonly label: string; readonly value: number }[],
): string {
  const most = Math.max(...bars.map(({ value }) => value))
  const [row, left, width] = [28, 240, 360]
  const height = 40 + bars.length * row
  const drawn = bars.map(({ label, value }, at) => {
    const y = 36 + at * row
    const length = Math.max(1, Math.round((value / most) * width))
    return [
      `<text x="${left - 8}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${length}" height="18" rx="2" fill="#4c8bb8"/>`,
      `<text x="${left + length + 6}" y="${y + 14}">${value.toLocaleString('en-US')}</text>`,
    ].join('')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 ${height}" font-family="sans-serif" font-size="13" fill="#888">
<title>${escaped(title)}</title>
<text x="8" y="20">${escaped(title)}</text>
${drawn.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
