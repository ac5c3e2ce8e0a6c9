import { TaskqError } from '../queue/errors.ts'

/** Imports a package only some readers need; when it is missing, says which and how to install it. */
export async function load<Module>(
  import_: () => Promise<Module>,
  what: string,
  needs: string,
  doing: 'reading' | 'writing' = 'reading',
): Promise<Module> {
  try {
    return await import_()
  } catch (error) {
    if (!isMissing(error)) throw error
    const name = needs.slice(0, needs.lastIndexOf('@'))
    throw new TaskqError(
      'unsupported',
      `${doing} ${what} needs ${name}; npm install --save-dev ${needs}`,
      { cause: error },
    )
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
