-- Photos of households. The picture lies in the store of photos, sealed, under household_id and photo_id; what the
-- camera wrote into it (time, position) is sealed here, under the same key: that of the household's identity.
CREATE TABLE photo (
    photo_id     uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    sha256       bytea NOT NULL,                    -- of the JPEG that is kept, before it was sealed
    perceptual   bigint NOT NULL,                   -- difference hash (photos/likeness.py)
    compared     boolean NOT NULL,                  -- whether its likeness says anything: not of cards and minutes
    size_bytes   integer NOT NULL,
    width        integer NOT NULL,
    height       integer NOT NULL,
    details      bytea NOT NULL,
    uploaded_by  text NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX photo_household ON photo (household_id, received_at);
CREATE INDEX photo_sha256 ON photo (sha256);
-- One index for each band of 16 bits; with the hash itself in it, most of what a band meets is dismissed in the index.
CREATE INDEX photo_band_0 ON photo (((perceptual) & 65535), perceptual) INCLUDE (photo_id, household_id) WHERE compared;
CREATE INDEX photo_band_1 ON photo (((perceptual >> 16) & 65535), perceptual) INCLUDE (photo_id, household_id)
    WHERE compared;
CREATE INDEX photo_band_2 ON photo (((perceptual >> 32) & 65535), perceptual) INCLUDE (photo_id, household_id)
    WHERE compared;
CREATE INDEX photo_band_3 ON photo (((perceptual >> 48) & 65535), perceptual) INCLUDE (photo_id, household_id)
    WHERE compared;

-- The same or a near-identical photo on two households: each pair once, the later photo first.
CREATE TABLE photo_likeness (
    photo_id uuid NOT NULL REFERENCES photo,
    like_id  uuid NOT NULL REFERENCES photo,
    distance smallint NOT NULL,                     -- bits that differ
    PRIMARY KEY (photo_id, like_id)
);
CREATE INDEX photo_likeness_earlier ON photo_likeness (like_id);
