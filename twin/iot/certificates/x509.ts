import type * as x509 from '@peculiar/x509';

/**
 * The X.509 library takes about 100 ms to load, so it is loaded when a certificate is first made or a signing request
 * first read: a start that only accepts known devices never does.
 */
type X509 = typeof x509;

let loading: Promise<X509> | undefined;

export function loadX509(): Promise<X509> {
  return (loading ??= (async () => {
    // tsyringe, inside the library, refuses to load without it.
    await import('reflect-metadata');
    return import('@peculiar/x509');
  })());
}
