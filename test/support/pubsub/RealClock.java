package com.google.cloud.pubsub.testing.v1;

/** Takes the place of the emulator's own clock: the time is when a file was last written. */
final class RealClock implements Clock {
  private static final java.io.File FILE = new java.io.File(System.getProperty("clockFile"));

  @Override
  public long currentTimeMillis() {
    return FILE.lastModified();
  }
}
