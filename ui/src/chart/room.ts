// Memory that a picture needs while it is made. Redraws follow one another and each would leave megabytes to be
// collected, which takes as long as drawing; so it is kept, and lent again.

export class Room {
  private buffer = new ArrayBuffer(0);

  /** Whole numbers, all zero; the last ones that were lent are no longer one's own. */
  ints(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.of(4 * length), 0, length).fill(0);
  }

  /** Numbers, all zero, on the same terms. */
  floats(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.of(4 * length), 0, length).fill(0);
  }

  private of(n_bytes: number): ArrayBuffer {
    if (this.buffer.byteLength < n_bytes)
      this.buffer = new ArrayBuffer(Math.ceil((n_bytes * 5) / 16) * 4);
    return this.buffer;
  }
}

/** For what is blended, and for the picture that it becomes. */
export const blend_room = new Room();
export const picture_room = new Room();
