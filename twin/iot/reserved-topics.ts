import type { DeviceApi, ReservedTopics } from './broker/ports.ts';

/**
 * The services behind `$aws/…`, each asked in turn. What none of them knows is unsupported, for nobody may make topics
 * of his own below `$aws/` (developer guide, "Reserved topics").
 */
export function composeReservedTopics(services: readonly ReservedTopics[]): ReservedTopics {
  return {
    async handle(publication, requester) {
      for (const service of services) {
        const replies = await service.handle(publication, requester);
        if (replies !== 'not reserved') return replies;
      }
      return 'unsupported';
    },
  };
}

/** What devices may ask over HTTPS: each path belongs to the first of the services that serves it. */
export function composeDeviceApis(services: readonly DeviceApi[]): DeviceApi {
  return {
    serves: (path) => services.some((service) => service.serves(path)),
    handle: (request) => services.find((service) => service.serves(request.path))!.handle(request),
  };
}
