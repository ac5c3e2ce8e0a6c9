/** A place for outputs that are too large to be results. */
export interface Store {
  /** What it is, for people who choose. */
  readonly says: string
  /** What its addresses look like. */
  readonly form: RegExp
  /** What CF_CLOUDPATH is when nobody says, for a project of this name. */
  readonly url: (name: string) => string
  /** The package that reading and writing there needs, if any. */
  readonly packages: readonly string[]
}

/** The places on offer; the first is what is usual. */
export const stores: Readonly<Record<string, Store>> = {
  file: {
    says: 'a folder of this machine',
    form: /^(file:\/\/\/|(?![a-z][a-z0-9+.-]+:))./i,
    url: () => 'data/outputs',
    packages: [],
  },
  gs: {
    says: 'a bucket of Google Cloud Storage',
    form: /^gs:\/\/[a-z0-9]/,
    url: name => `gs://my-bucket/${name}`,
    packages: ['google-auth-library'],
  },
  s3: {
    says: 'a bucket of S3',
    form: /^s3:\/\/[a-z0-9]/,
    url: name => `s3://my-bucket/${name}`,
    packages: ['@aws-sdk/client-s3'],
  },
}
