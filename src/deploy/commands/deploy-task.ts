import type { ExitName } from 'taskq-runtime/cli'
import { tellWhatIsThere } from './aftermath.ts'
import { applyProject, checkProjectImage } from './apply-task.ts'
import { deleteFleet } from './delete-cluster.ts'
import type { Flags } from './flags.ts'
import { allowedByPlan, makeProjectCluster } from './make-cluster.ts'
import { readProject } from './project.ts'
import { makeScripts, writeScripts } from './scripts.ts'
import type { World } from './world.ts'

/**
 * `taskq-deploy deploy-task`: the plan and a question, then make-scripts, make-cluster, apply-task and
 * watching to the end. With --down-when-done the cluster goes when the fleet is done.
 */
export async function deployTaskCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = await readProject(world, flags)
  const { configuration, plan } = project
  const scripts = makeScripts(world.folder, configuration, plan.fit.machine.name)
  await checkProjectImage(world, flags, project)
  const allowed = await allowedByPlan(world, flags, project, 'Deploy this fleet?')
  if (allowed !== 'yes') return allowed
  writeScripts(world.folder, scripts)
  await makeProjectCluster(world, flags, project)
  let ended: ExitName
  try {
    ended = await applyProject(world, flags, project, flags.detach ? 'running' : 'ended')
  } catch (error) {
    await tellWhatIsThere(world, flags, configuration)
    throw error
  }
  if (flags.downWhenDone && !flags.detach && ended === 'done') {
    return await deleteFleet(world, flags, configuration)
  }
  if (!flags.detach || ended !== 'done') await tellWhatIsThere(world, flags, configuration)
  return ended
}
