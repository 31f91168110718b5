import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

# What was loaded until here stays, so nobody has to look whether it is garbage; and a request that makes a
# hundred thousand objects is over before it pays to look through them.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
