import { TaskqError, type TaskqErrorCode } from '../../queue/errors.ts'

/** What an error is about, for the sentence that tells of it. */
export interface About {
  readonly queue: string
  /** The URL to make it by. */
  readonly home: string
  /** A region, or the address of a server. */
  readonly place: string
}

/** What the SDK threw, as one of our four codes, with the queue named and what to do next. */
export function translate(error: unknown, about: About): TaskqError {
  if (error instanceof TaskqError) return error
  const { name, message, code } = readFault(error)
  const known = sentences.find(({ names }) => names.test(name) || names.test(code))
  const says = message === '' ? name : `${name}: ${message}`
  if (known === undefined)
    return new TaskqError(
      'unavailable',
      `SQS failed on ${about.queue} in ${about.place}; whether it acted is unknown (${says}). Try again.`,
      { cause: error },
    )
  return new TaskqError(known.code, `${known.say(about)} (${says})`, { cause: error })
}

/** Whether the service knows no queue of that name. */
export function isMissing(error: unknown): boolean {
  const { cause } = error instanceof TaskqError ? error : { cause: error }
  return missing.test(readFault(cause).name)
}

interface Sentence {
  /** Of the error, or of what it carries as its code. */
  readonly names: RegExp
  readonly code: TaskqErrorCode
  readonly say: (about: About) => string
}

const missing = /^(QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue|NonExistentQueue)$/

const sentences: readonly Sentence[] = [
  {
    names: missing,
    code: 'invalid',
    say: ({ queue, home, place }) =>
      `There is no queue ${queue} in ${place} for this account. Check name, region (AWS_REGION, or ?region= in the queue's URL) and profile, or make it: taskq create-queue '${home}'`,
  },
  {
    names: /^CredentialsProviderError$/,
    code: 'invalid',
    say: ({ queue }) =>
      `There are no AWS credentials for ${queue}. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, log in with: aws sso login, or run where a role is given.`,
  },
  {
    names: /^(ExpiredToken|ExpiredTokenException|RequestExpired)$/,
    code: 'invalid',
    say: () =>
      'The AWS credentials have expired. Log in again (aws sso login) or renew the session token.',
  },
  {
    names:
      /^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|InvalidSecurity|InvalidAccessKeyId|IncompleteSignature|MissingAuthenticationToken)$/,
    code: 'invalid',
    say: ({ place }) =>
      `AWS does not accept these credentials in ${place}. Check AWS_PROFILE or the access key, and that the region is the right one.`,
  },
  {
    names: /^(AccessDenied|AccessDeniedException|AuthorizationError|KmsAccessDenied)$/,
    code: 'invalid',
    say: ({ queue, place }) =>
      `These AWS credentials have no right to do that with ${queue} in ${place}. They need sqs:GetQueueUrl, GetQueueAttributes, SendMessage, ReceiveMessage, DeleteMessage and ChangeMessageVisibility.`,
  },
  {
    names: /^(AWS\.SimpleQueueService\.)?PurgeQueueInProgress$/,
    code: 'unavailable',
    say: ({ queue }) =>
      `${queue} was purged less than a minute ago, and SQS purges once a minute. Try again then.`,
  },
  {
    names: /^(AWS\.SimpleQueueService\.)?QueueDeletedRecently$/,
    code: 'unavailable',
    say: ({ queue }) =>
      `${queue} was deleted less than a minute ago, and its name is free only after that. Try again then.`,
  },
  {
    names: /^OverLimit$/,
    code: 'unavailable',
    say: ({ queue }) =>
      `${queue} has 120,000 messages on loan, which is the most SQS allows. Run fewer workers, or let them hold less.`,
  },
  {
    names:
      /^(InvalidMessageContents|InvalidParameterValue|InvalidParameterCombination|MissingParameter|BatchRequestTooLong|UnsupportedOperation|InvalidAddress|ValidationException|ValidationError)$/,
    code: 'invalid',
    say: ({ queue }) => `SQS does not take that for ${queue}.`,
  },
  {
    names: /^(AuthorizationHeaderMalformed|InvalidRegion|UnknownEndpoint)$/,
    code: 'invalid',
    say: ({ place }) =>
      `${place} is no place where SQS answers. Check the region and the endpoint.`,
  },
  {
    names: /^Kms(?!Throttl)/,
    code: 'invalid',
    say: ({ queue }) => `The key that encrypts ${queue} cannot be used. Look at it in AWS KMS.`,
  },
  {
    names: /thrott|TooManyRequests|RequestLimitExceeded|SlowDown/i,
    code: 'unavailable',
    say: ({ queue }) => `SQS turns requests for ${queue} away as too many. Try again later.`,
  },
  {
    names: /^(ENOTFOUND|EAI_AGAIN)$/,
    code: 'unavailable',
    say: ({ place }) =>
      `SQS in ${place} was not found. Check the network, the region and the endpoint.`,
  },
  {
    names: /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/,
    code: 'unavailable',
    say: ({ place }) =>
      `Nothing answers at ${place}. Check the network and the endpoint (AWS_ENDPOINT_URL_SQS).`,
  },
]

interface Fault {
  readonly name: string
  readonly message: string
  readonly code: string
}

function readFault(error: unknown): Fault {
  if (typeof error !== 'object' || error === null)
    return { name: 'fault', message: String(error), code: '' }
  const { name, message, code, Code } = error as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return { name: text(name), message: text(message), code: text(code) || text(Code) }
}
