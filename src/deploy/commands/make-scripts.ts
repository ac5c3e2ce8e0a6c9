import type { ExitName } from 'taskq-runtime/cli'
import type { Flags } from './flags.ts'
import { readProject } from './project.ts'
import { makeScripts, type Script, writeScripts } from './scripts.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** `taskq-deploy make-scripts`: fills templates/ in and writes scripts/. */
export async function makeScriptsCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = await readProject(world, flags)
  const { out, err } = world.shell
  const scripts = makeScripts(world.folder, project.configuration, project.plan.fit.machine.name)
  for (const warning of project.warnings) await say(err, `Mind: ${warning}`)
  if (flags.dryRun) for (const script of scripts) await showScript(out, script)
  else {
    writeScripts(world.folder, scripts)
    for (const { path } of scripts) await out.line(`wrote ${path}`)
  }
  return 'done'
}

async function showScript(out: World['shell']['out'], { path, text }: Script): Promise<void> {
  await out.line(`# ${path}`)
  await out.write(text)
}
