import { askMetadata } from './metadata.ts'
import { pause, type SpotNotice, type SpotWatchOptions } from './spot-source.ts'

const pollMilliseconds = 5000
const tokenSeconds = 21_600
const timeoutSeconds = 2

/** Whether the metadata server gives out tokens as that of AWS (IMDSv2) does. */
export async function isAws(options: SpotWatchOptions): Promise<boolean> {
  return (await tokenOf(options)) !== undefined
}

/** Asks every few seconds for the action that is planned for this instance. */
export async function awaitAws(options: SpotWatchOptions): Promise<SpotNotice> {
  let token: string | undefined
  for (;;) {
    token ??= await tokenOf(options)
    const answer = token === undefined ? undefined : await actionOf(options, token)
    if (answer?.status === 401) token = undefined
    if (answer?.status === 200) return noticeOf(answer.body)
    await pause(pollMilliseconds, options.signal)
  }
}

async function tokenOf({ endpoint, signal }: SpotWatchOptions): Promise<string | undefined> {
  const answer = await askMetadata({
    ...{ endpoint, signal, timeoutSeconds, method: 'PUT', path: '/latest/api/token' },
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) },
  })
  return answer?.status === 200 && /^[\x21-\x7e]+$/.test(answer.body) ? answer.body : undefined
}

async function actionOf({ endpoint, signal }: SpotWatchOptions, token: string) {
  return await askMetadata({
    ...{ endpoint, signal, timeoutSeconds, path: '/latest/meta-data/spot/instance-action' },
    headers: { 'X-aws-ec2-metadata-token': token },
  })
}

/** `{"action":"terminate","time":"2026-11-21T10:12:06Z"}`; that there is one is what matters. */
function noticeOf(body: string): SpotNotice {
  const [, time = ''] = /"time"\s*:\s*"([^"]*)"/.exec(body) ?? []
  const secondsLeft = Math.round((Date.parse(time) - Date.now()) / 1000)
  return { source: 'aws', ...(secondsLeft >= 0 && { secondsLeft }) }
}
