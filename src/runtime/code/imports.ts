/**
 * What a TypeScript or JavaScript text imports: `import`, `export … from`, `import()` and `require()`
 * of a literal, type imports too. Comments, strings and templates are stepped over, not looked into.
 */
export function importsOf(source: string): readonly string[] {
  const found = new Set<string>()
  for (const { groups = {} } of source.matchAll(tokens)) {
    const specifier = groups['single'] ?? groups['double']
    if (specifier !== undefined) found.add(unescaped(specifier))
  }
  return [...found]
}

const tokens = new RegExp(
  [
    String.raw`\/\/[^\n]*`,
    String.raw`\/\*[\s\S]*?\*\/`,
    '`(?:\\\\[\\s\\S]|[^`\\\\])*`',
    String.raw`(?<![\w$.])(?:from|import|(?:import|require)\s*\(\s*(?:\/\*[^*]*\*\/\s*)?)\s*(?:'(?<single>(?:\\.|[^'\\\n])*)'|"(?<double>(?:\\.|[^"\\\n])*)")`,
    String.raw`'(?:\\.|[^'\\\n])*'`,
    String.raw`"(?:\\.|[^"\\\n])*"`,
  ].join('|'),
  'g',
)

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1')
}
