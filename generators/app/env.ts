/**
 * Sets variables in the text of an env file, each on the line it has there; comments and the order of
 * lines stay. Throws when there is no such line.
 */
export function fillEnv(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((filled, [name, value]) => {
    const line = new RegExp(`^${name}=.*$`, 'm')
    if (!line.test(filled)) throw new Error(`The env file has no line for ${name}.`)
    return filled.replace(line, () => `${name}=${value}`)
  }, text)
}
