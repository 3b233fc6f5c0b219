/** Names of devices, models, cameras and places in the configuration: fit for topics, files and metrics as they are. */
import { z } from 'zod';

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const nameSchema = z
  .string()
  .regex(NAME, 'must be 1 to 63 characters of a-z, 0-9, "_" and "-", starting with a letter or digit');
