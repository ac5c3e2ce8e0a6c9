import { isTaskqError } from 'taskq-runtime'
import type { Around } from '../gke/wait.ts'
import { isOutOfOrder, type KubeAnswer, type KubeApi, type KubeRequest, statusOf } from './api.ts'
import { isLostConnection } from './unreachable.ts'

/** How long is waited before each further try; after the last, what the server said holds. */
const WAITS_SECONDS = [1, 2, 4, 8]

/**
 * A server that is asked again, and says so, when it was only out of order for a moment: while its
 * cluster is made larger or upgraded. All that we ask for may be asked for twice.
 */
export function patient(kube: KubeApi, { clock, signal, tell }: Around): KubeApi {
  return {
    ...kube,
    async send(request) {
      for (const seconds of WAITS_SECONDS) {
        const tried = await outcomeOf(kube, request)
        if (tried.trouble === undefined) return tried.answer
        await tell.line(`${tried.trouble} Trying again in ${seconds} s.`)
        await clock.sleep(seconds * 1000, signal)
      }
      return await kube.send(request)
    },
  }
}

type Outcome =
  | { readonly trouble?: undefined; readonly answer: KubeAnswer }
  | { readonly trouble: string }

async function outcomeOf(kube: KubeApi, request: KubeRequest): Promise<Outcome> {
  try {
    const answer = await kube.send(request)
    if (!isOutOfOrder(answer)) return { answer }
    const { message } = statusOf(answer.body)
    return {
      trouble: `The cluster could not answer (${answer.status}: ${message.slice(0, 100)}).`,
    }
  } catch (error) {
    if (!isTaskqError(error, 'unavailable') || !isLostConnection(error.cause)) throw error
    return { trouble: 'The cluster hung up.' }
  }
}
