import { readdirSync } from 'node:fs';
import path from 'node:path';

import { IovError } from '../errors.ts';
import { isRecord, readJsonFile } from './template.ts';

/** A file or folder that the CDK CLI would upload before deploying. */
export interface FileAsset {
  readonly hash: string;
  /** Absolute path of the file, or of the folder that is zipped when `packaging` is `zip`. */
  readonly path: string;
  readonly packaging: 'file' | 'zip';
  /** Bucket and key at which the template names it, `${AWS::…}` placeholders as in the manifest. */
  readonly destinations: readonly { readonly bucketName: string; readonly objectKey: string }[];
}

/**
 * Every file asset of an assembly folder, by hash.
 *
 * @throws IovError IOV_ASSEMBLY_BROKEN naming the manifest that cannot be used
 */
export function readFileAssets(assemblyFolder: string): Map<string, FileAsset> {
  const assets = new Map<string, FileAsset>();
  for (const name of readdirSync(assemblyFolder).filter((file) => file.endsWith('.assets.json'))) {
    const file = path.join(assemblyFolder, name);
    const files = readJsonFile(file)['files'] ?? {};
    if (!isRecord(files)) throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: "files" is not an object.`);
    for (const [hash, entry] of Object.entries(files)) {
      const { source, destinations } = entry as {
        source?: { path?: string; packaging?: string };
        destinations?: Record<string, { bucketName: string; objectKey: string }>;
      };
      // An asset that a program on the deploying machine produces has no path; nothing in the twin can upload it.
      if (!source?.path) continue;
      assets.set(hash, {
        hash,
        path: path.resolve(assemblyFolder, source.path),
        packaging: source.packaging === 'zip' ? 'zip' : 'file',
        destinations: Object.values(destinations ?? {}),
      });
    }
  }
  return assets;
}

/**
 * Finds the asset that a template names by an S3 key or URL, e.g. a Lambda function's `S3Key` (`<hash>.zip`) or a
 * nested stack's `TemplateURL`.
 */
export function findFileAsset(assemblyFolder: string, keyOrUrl: string): FileAsset | undefined {
  const assets = readFileAssets(assemblyFolder);
  const key = keyOrUrl.split('/').at(-1)!;
  const byHash = assets.get(key.replace(/\.[^.]*$/, ''));
  if (byHash) return byHash;
  for (const asset of assets.values()) {
    if (asset.destinations.some(({ objectKey }) => objectKey === keyOrUrl || keyOrUrl.endsWith(`/${objectKey}`)))
      return asset;
  }
  return undefined;
}
