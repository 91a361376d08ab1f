// The one source of rhumb_common, which is there for its precompiled headers (RhumbRoom.cmake).
