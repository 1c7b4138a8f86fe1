import { pure, type SqlFunction } from './definition.ts';
import { double, doubles } from './mathematics.ts';

/** Angles in radians, at double precision; imaginary results are Undefined (Developer Guide, "Functions"). */
export const TRIGONOMETRY: readonly SqlFunction[] = [
  pure('sin', '2015-10-08', [1, 1], double(Math.sin), 'always'),
  pure('cos', '2015-10-08', [1, 1], double(Math.cos), 'always'),
  pure('tan', '2015-10-08', [1, 1], double(Math.tan), 'always'),
  pure('asin', '2015-10-08', [1, 1], double(Math.asin), 'always'),
  pure('acos', '2015-10-08', [1, 1], double(Math.acos), 'always'),
  pure('atan', '2015-10-08', [1, 1], double(Math.atan), 'always'),
  pure('atan2', '2015-10-08', [2, 2], doubles(Math.atan2), 'always'),
  pure('sinh', '2015-10-08', [1, 1], double(Math.sinh), 'always'),
  pure('cosh', '2015-10-08', [1, 1], double(Math.cosh), 'always'),
  pure('tanh', '2015-10-08', [1, 1], double(Math.tanh), 'always'),
];
