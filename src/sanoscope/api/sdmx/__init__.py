"""SDMX 3.0 by REST (SDMX-REST 2.1): structures, data and what data there are, under ``/api/v1/sdmx``."""
