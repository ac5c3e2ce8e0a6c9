/** What one line of an env file says; a complaint says what to do about it. */
export type EnvLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'variable'; readonly name: string; readonly value: string }
  | { readonly kind: 'complaint'; readonly says: string }

/**
 * Reads one line. Accepted is only what all readers take alike: dotenv drops quotes and ends a value
 * at `#`, docker keeps quotes, spaces and `#`, a shell runs what is between back-ticks, replaces `$`
 * and ends a value at a space.
 */
export function readEnvLine(line: string): EnvLine {
  for (const { found, says } of lineQuirks) if (found.test(line)) return complaint(says)
  if (/^[ \t]*(#|$)/.test(line)) return { kind: 'nothing' }
  const equals = line.indexOf('=')
  if (equals < 0) return complaint('There is no "=". Write NAME=value, or begin a comment with #.')
  const name = line.slice(0, equals).replace(/^[ \t]+/, '')
  const value = line.slice(equals + 1)
  for (const { found, says } of nameQuirks) if (found.test(name)) return complaint(says)
  for (const { found, says } of valueQuirks) if (found.test(value)) return complaint(says)
  return { kind: 'variable', name, value }
}

/** What some reader trips over, and what to do instead; the first that is found is told. */
interface Quirk {
  readonly found: RegExp
  readonly says: string
}

const lineQuirks: readonly Quirk[] = [
  {
    found: /^\ufeff/,
    says: 'The file begins with a byte order mark, which a shell takes for a command. Save it as UTF-8 without one.',
  },
  {
    found: /\r$/,
    says: 'The line ends in a carriage return, which a shell keeps in the value. Save the file with Unix line ends.',
  },
  {
    // JavaScript, and so dotenv, begins a new line at U+2028 and U+2029, even inside a comment.
    found: /(?!\t)[\p{Cc}\u2028\u2029]/u,
    says: 'There is a control character in the line. Remove it.',
  },
  {
    // The longest line that docker's scanner takes is 64 KiB; a character has up to 3 bytes a unit.
    found: /^.{21845}/s,
    says: 'The line is longer than docker reads. Put the long part into a file and pass its path.',
  },
]

const nameQuirks: readonly Quirk[] = [
  {
    found: /^export\s/,
    says: 'docker does not know "export". Leave the word out; a shell exports all by: set -a',
  },
  { found: /\s$/, says: 'There is a space before the "=". Write NAME=value without spaces.' },
  {
    found: /^(?![A-Za-z_][A-Za-z0-9_]*$)/,
    says: 'What stands before the "=" is no name. A name has letters, digits and _ and begins with no digit.',
  },
  {
    found:
      /^(_|__proto__|E?UID|PPID|GROUPS|DIRSTACK|S?RANDOM|SECONDS|LINENO|FUNCNAME|HISTCMD|OPTIND|SHLVL|COMP_WORDBREAKS|EPOCH(REAL)?(SECONDS|TIME)|BASH\w*|SHELLOPTS|PIPESTATUS)$/,
    says: 'The shell keeps a variable of that name for itself. Use another name.',
  },
]

const valueQuirks: readonly Quirk[] = [
  {
    found: /^[ \t]+[^ \t#]/,
    says: 'There is a space after the "=". Write NAME=value without spaces.',
  },
  {
    found: /(^|\s)#/,
    says: 'There is a comment behind the value, which docker makes part of it. Move it to a line of its own.',
  },
  {
    found: /#/,
    says: 'There is a # in the value, where dotenv ends it. Write %23 in a URL, or use another character.',
  },
  {
    found: /["']/,
    says: 'There is a quote in the value, which docker keeps and others drop. Write the value without quotes.',
  },
  {
    found: /`/,
    says: 'There is a back-tick in the value: a shell would run what follows. Write the value itself.',
  },
  {
    found: /\$/,
    says: 'There is a $ in the value, which a shell replaces and docker does not. Write the value itself.',
  },
  { found: /\s$/, says: 'There is a space at the end of the line, which docker keeps. Remove it.' },
  {
    found: /\s/,
    says: 'There is a space in the value, where a shell ends it. Write %20 in a URL, or use a path without spaces.',
  },
  {
    found: /(^|:)~/,
    says: 'A shell replaces ~ and docker does not. Write the whole path.',
  },
  {
    found: /^[^\s?]*\?.*&/,
    says: 'There is an & in the value, where a shell ends it. Join the options of a queue\'s URL by "," instead: ?one=1,two=2',
  },
  {
    found: /[\\;&|<>()]/,
    says: 'There is one of \\ ; & | < > ( ) in the value, which a shell does not take as text. Use other characters.',
  },
]

function complaint(says: string): EnvLine {
  return { kind: 'complaint', says }
}
