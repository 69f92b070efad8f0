/** Tells coded pictures apart, NAL unit by NAL unit. */
export interface PictureBoundary {
  /**
   * Whether `nal` belongs to another picture than the NAL unit before. To be asked once for each, in order.
   *
   * @throws {ProtocolError} a parameter set or slice is bad.
   */
  startsPicture(nal: Uint8Array): boolean;
}
