export { parseMediaType, type MediaType } from './multipart-boundary.ts';
export { MULTIPART_LIMITS, MultipartParser, type MultipartPart } from './multipart-parser.ts';
