/** An image's name taken apart. */
export interface ImageReference {
  /** The registry's host; Docker Hub's where none is written. */
  readonly host: string
  /** The repository there. */
  readonly repository: string
  /** `latest` where neither a tag nor a digest is written. */
  readonly tag: string
  readonly digest?: string
}

/** Takes an image's name apart, as docker does. */
export function parseImage(name: string): ImageReference {
  const [named = '', digest] = name.split('@')
  const [first = '', ...rest] = named.split('/')
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = hasHost ? rest.join('/') : named
  const tag = /:([^/:]+)$/.exec(path)?.[1]
  const bare = tag === undefined ? path : path.slice(0, -tag.length - 1)
  return {
    host: hasHost ? first : DOCKER_HUB,
    repository: hasHost || bare.includes('/') ? bare : `library/${bare}`,
    tag: tag ?? 'latest',
    ...(digest !== undefined && { digest }),
  }
}

/** The name without its digest: what one builds and pushes. */
export function withoutDigest(name: string): string {
  return name.split('@')[0] ?? name
}

/** Whether Google keeps the registry, so that Google's credentials open it. */
export function isGoogles({ host }: ImageReference): boolean {
  return host === 'gcr.io' || host.endsWith('.gcr.io') || host.endsWith('.pkg.dev')
}

const DOCKER_HUB = 'registry-1.docker.io'
