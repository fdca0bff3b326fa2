#!/usr/bin/env python3
# Debian's own installer for a mirror of a network namespace (mirror.py), complete also where an archive has not all of
# its parts.
#
# An installer that boots from the network fetches most of itself, as packages called udebs. Which those are is found out
# here as the installer does it: all that the suite calls standard or more, what they depend on, and the modules of the
# kernel that is booted. What the archive has is taken as it is. What it has not is made, of the same files:
#   - modules of the kernel: those that the part of that name has for another kernel of the suite, out of the package of
#     the kernel that is booted;
#   - programs that the suite also has as ordinary packages: of those, with the libraries that no part has (MADE_OF).
# Parts for which that does not do are left out, with those that need them; without one of NEEDED this ends with status
# 77 and the names. Index and signature of such a set cannot be Debian's: the parts are a suite of their own, signed by a
# key that is made here and put into the installer's first root beside Debian's (usr/share/keyrings/archive.gpg), where
# also the suite of the parts is said (etc/udebs-source). The system that is installed comes from Debian's own suite,
# with Debian's signature.
#
# usage: installer.py [--from URL] --suite SUITE --cache DIR --out DIR
#   --cache  what mirror.py has of the archive
#   --out    gets images/ (kernel and first root), dists/ and pool/
import argparse
import gzip
import hashlib
import lzma
import os
import re
import shutil
import subprocess
import sys

SUITE = "voiplab-parts"
MADE_OF = {
    "e2fsprogs-udeb": ("e2fsprogs", "libext2fs2t64", "libcom-err2", "libss2"),
    "libmount1-udeb": ("libmount1",),
    "ntfs-3g-udeb": ("ntfs-3g", "libntfs-3g89t64"),
}
NEEDED = ("apt-mirror-setup apt-setup-udeb base-installer bootstrap-base clock-setup disk-detect finish-install "
          "grub-installer partman-auto partman-base partman-basicfilesystems partman-ext3 partman-target pkgsel "
          "tzsetup-udeb user-setup-udeb ext4-modules scsi-modules").split()

# Nothing that a guest with one virtio disk and a BIOS has.
LEFT_OUT = re.compile("(partman-(auto-raid|btrfs|cros|iscsi|jfs|md|xfs)|depthcharge-tools-installer|kickseed-common|"
                      "nobootloader|systemd-boot-installer|(btrfs|cdrom-core|firewire-core|isofs|jfs|loop|md|pata|"
                      "pcmcia-storage|sata|xfs)-modules-.*)$")

parser = argparse.ArgumentParser()
parser.add_argument("--from", dest="source", default="http://deb.debian.org")
parser.add_argument("--suite", required=True)
parser.add_argument("--cache", required=True)
parser.add_argument("--out", required=True)
given = parser.parse_args()
OUT = os.path.abspath(given.out)


def end(status, text):
    print(text, file=sys.stderr)
    sys.exit(status)


def run(*command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=True, **options)


def fetch(path, *digest):
    """The file of the archive, by way of the mirror's cache; None: there is none."""
    file = os.path.join(given.cache, path.lstrip("/"))
    if os.path.isfile(file) and digest:
        return file
    os.makedirs(os.path.dirname(file), exist_ok=True)
    done = subprocess.run(["/usr/lib/apt/apt-helper", "-o", "Acquire::Retries=3", "download-file", given.source + path,
                           file + ".part", *digest],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if done.returncode or not os.path.isfile(file + ".part"):
        return None
    os.rename(file + ".part", file)
    return file


# ---- paragraphs of Debian

def paragraphs(text):
    found = []
    for block in text.split("\n\n"):
        fields = dict(re.findall(r"^(\S+):[ \t]*(.*)$", block, re.M))
        if "Package" in fields:
            found.append(fields)
    return found


def names(text):
    return [re.split(r"[ (|]", word.strip())[0] for word in (text or "").split(",") if word.strip()]


def called(part):
    return [part["Package"]] + names(part.get("Provides"))


# ---- ordinary packages, which apt fetches and verifies

class Apt:
    def __init__(self):
        root = f"{OUT}/apt"
        for directory in "lists/partial", "cache/archives/partial", "state", "packages":
            os.makedirs(f"{root}/{directory}", exist_ok=True)
        with open(f"{root}/sources.list", "w") as file:
            file.write(f"deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                       f"{given.source}/debian {given.suite} main\n")
        open(f"{root}/status", "w").close()
        self.packages = f"{root}/packages"
        self.options = [f"-oDir::Etc::sourcelist={root}/sources.list", "-oDir::Etc::sourceparts=/dev/null",
                        f"-oDir::State={root}/state", f"-oDir::State::lists={root}/lists", f"-oDir::Cache={root}/cache",
                        f"-oDir::State::status={root}/status", "-oAPT::Sandbox::User=root", "-oAPT::Architecture=amd64"]
        run("apt-get", *self.options, "-qq", "update", stdout=subprocess.DEVNULL)

    def find(self, pattern):
        told = run("apt-cache", *self.options, "search", "--names-only", pattern, stdout=subprocess.PIPE, text=True)
        return [line.split(" ")[0] for line in told.stdout.splitlines()]

    def unpacked(self, name):
        """The directory with the files of the package; None: the archive does not have it."""
        directory = f"{self.packages}/{name}"
        if os.path.isdir(directory):
            return directory
        kept = os.path.join(given.cache, "packages")  # apt fetches what is there and right no second time
        os.makedirs(kept, exist_ok=True)
        download = ["apt-get", *self.options, "-qq", "download", name]
        told = subprocess.run([*download, "--print-uris"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if told.returncode or subprocess.run(download, cwd=kept, stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL).returncode:
            return None
        run("dpkg-deb", "-x", f"{kept}/{told.stdout.split()[1]}", directory + ".part")
        os.rename(directory + ".part", directory)
        return directory


# ---- parts that are made

def build(part, root):
    """A udeb of the directory; the paragraph of it."""
    keep = ("Package", "Version", "Architecture", "Kernel-Version", "Maintainer", "Depends", "Provides", "Section",
            "Priority", "Description")
    os.makedirs(f"{root}/DEBIAN")
    with open(f"{root}/DEBIAN/control", "w") as file:
        file.writelines(f"{key}: {part[key]}\n" for key in keep if part.get(key))
    path = f"pool/{SUITE}/{part['Package']}.udeb"
    os.makedirs(f"{OUT}/pool/{SUITE}", exist_ok=True)
    run("dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "--build", root, f"{OUT}/{path}", stdout=subprocess.DEVNULL)
    with open(f"{OUT}/{path}", "rb") as file:
        packed = file.read()
    made = {key: part[key] for key in keep if part.get(key)}
    made.update(Filename=path, Size=str(len(packed)), SHA256=hashlib.sha256(packed).hexdigest())
    return made


def empty_root(part):
    root = f"{OUT}/made/{part['Package']}"
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    return root


def make_of_packages(apt, part):
    """Programs, libraries and their settings; the libraries where those of other parts are."""
    root = empty_root(part)
    for name in MADE_OF[part["Package"]]:
        package = apt.unpacked(name)
        if not package:
            return None
        for directory in "usr/sbin", "usr/bin", "etc", "usr/lib/x86_64-linux-gnu":
            if not os.path.isdir(f"{package}/{directory}"):
                continue
            for file in os.listdir(f"{package}/{directory}"):
                source = f"{package}/{directory}/{file}"
                if os.path.isdir(source) or directory.startswith("usr/lib") and ".so." not in file:
                    continue
                target = f"{root}/{directory.removesuffix('/x86_64-linux-gnu')}"
                os.makedirs(target, exist_ok=True)
                shutil.copy2(source, f"{target}/{file}", follow_symlinks=False)
    return build(part, root)


def make_of_kernel(apt, part, like):
    """The modules that the part has for another kernel."""
    udeb = fetch("/debian/" + like["Filename"], "SHA256:" + like["SHA256"])
    kernel = udeb and apt.unpacked("linux-image-" + part["Kernel-Version"])
    if not kernel:
        return None
    root = empty_root(part)
    listed = run("dpkg-deb", "--fsys-tarfile", udeb, stdout=subprocess.PIPE).stdout
    listed = subprocess.run(["tar", "-t"], input=listed, stdout=subprocess.PIPE, check=True).stdout.decode()
    for path in re.findall(r"^\./(?:usr/)?lib/modules/[^/]+/(kernel/.*\.ko.*)$", listed, re.M):
        source = f"{kernel}/usr/lib/modules/{part['Kernel-Version']}/{path}"
        if os.path.isfile(source):  # else built in by now, or gone
            target = f"{root}/usr/lib/modules/{part['Kernel-Version']}/{path}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)
    return build(part, root)


# ---- which parts there are, and which of them can be had

class Parts:
    def __init__(self, apt, status, index):
        self.apt = apt
        self.inside = {name for part in status for name in called(part)}
        self.kernel = next(part["Package"] for part in status if part["Package"].startswith("kernel-image-"))
        self.kernel = self.kernel.removeprefix("kernel-image-").removesuffix("-di")
        self.like = {}
        self.listed = [part for part in index if part.get("Kernel-Version", self.kernel) == self.kernel]
        if not any("Kernel-Version" in part for part in self.listed):
            self.add_modules(index)
        self.had = {}

    def add_modules(self, index):
        """The parts of the newest other kernel whose parts can be had, as those of this one."""
        for other in sorted({part["Kernel-Version"] for part in index if "Kernel-Version" in part}):
            parts = [part for part in index if part.get("Kernel-Version") == other]
            ext4 = next(part for part in parts if part["Package"].startswith("ext4-modules-"))
            if not fetch("/debian/" + ext4["Filename"], "SHA256:" + ext4["SHA256"]):
                continue
            for part in parts:
                own = {key: value.replace(other, self.kernel) for key, value in part.items()}
                self.like[own["Package"]] = part
                self.listed.append(own)
            return

    def obtain(self, part):
        path = "/debian/" + part["Filename"]
        name = part["Package"]
        if name in self.like:
            made = make_of_kernel(self.apt, part, self.like[name])
        elif fetch(path, "SHA256:" + part["SHA256"]):
            return part
        else:
            made = name in MADE_OF and make_of_packages(self.apt, part)
        print(f"{name}: {'made' if made else 'not to be had'}")
        return made or None

    def get(self, name, within=()):
        """Whether the installer has what is called so, with all that it needs."""
        if name in self.inside or name in within:
            return True
        called_so = (part for part in self.listed if name in called(part))
        for part in sorted(called_so, key=lambda part: part["Package"] != name):
            own = part["Package"]
            if own not in self.had:
                needs = all(self.get(need, (*within, name, own)) for need in names(part.get("Depends")))
                self.had[own] = self.obtain(part) if needs else None
            if self.had[own]:
                return True
        return False

    def get_all(self):
        for part in self.listed:
            if part["Priority"] in ("required", "important", "standard") and not LEFT_OUT.match(part["Package"]):
                self.get(part["Package"])
        lacks = [name for name in NEEDED if not self.get(name)]
        if lacks:
            end(77, "the archive lacks, and they cannot be made: " + " ".join(lacks))
        return [part for part in self.had.values() if part]


# ---- the suite of the parts, and the first root that knows it

def sign(file):
    """FILE.gpg, and the key that was made for it in OUT/key."""
    home = f"{OUT}/gpg"
    os.makedirs(home, mode=0o700)
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]
    try:
        run(*gpg, "--quick-generate-key", "a mirror of voiplab's tests", "default", "default", "1d",
            stderr=subprocess.DEVNULL)
        run(*gpg, "--export", "--output", f"{OUT}/key")
        run(*gpg, "--detach-sign", "--output", f"{file}.gpg", file)
    finally:
        run("gpgconf", "--homedir", home, "--kill", "all")  # the agent, which gpg starts and leaves
    shutil.rmtree(home)


def write_suite(parts):
    packages = "main/debian-installer/binary-amd64/Packages"
    directory = f"{OUT}/dists/{SUITE}"
    text = "\n".join("".join(f"{key}: {value}\n" for key, value in part.items()) for part in parts).encode()
    os.makedirs(os.path.dirname(f"{directory}/{packages}"), exist_ok=True)
    with open(f"{directory}/{packages}", "wb") as file:
        file.write(text)
    with open(f"{directory}/Release", "w") as file:
        file.write(f"Suite: {SUITE}\nCodename: {SUITE}\nArchitectures: amd64\nComponents: main\nSHA256:\n"
                   f" {hashlib.sha256(text).hexdigest()} {len(text)} {packages}\n")
    sign(f"{directory}/Release")


def unpack_initrd(image):
    root = f"{OUT}/initrd"
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    with gzip.open(f"{image}/initrd.gz") as packed:
        subprocess.run(["cpio", "-i", "-d", "--quiet", "--no-absolute-filenames"], cwd=root, input=packed.read(),
                       check=True)
    return root


def write_initrd(image, root):
    """Debian's, and behind it the two files."""
    added = f"{OUT}/added"
    shutil.rmtree(added, ignore_errors=True)
    os.makedirs(f"{added}/etc")
    os.makedirs(f"{added}/usr/share/keyrings")
    with open(f"{added}/etc/udebs-source", "w") as file:
        file.write(SUITE + "\n")
    with open(f"{added}/usr/share/keyrings/archive.gpg", "wb") as file:
        for key in f"{root}/usr/share/keyrings/debian-archive-keyring.pgp", f"{OUT}/key":
            with open(key, "rb") as stream:
                file.write(stream.read())
    paths = "etc\netc/udebs-source\nusr\nusr/share\nusr/share/keyrings\nusr/share/keyrings/archive.gpg\n"
    packed = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=added, input=paths.encode(),
                            stdout=subprocess.PIPE, check=True).stdout
    target = f"{OUT}/images/debian-installer/amd64"
    os.makedirs(target, exist_ok=True)
    shutil.copy2(f"{image}/linux", target)
    with open(f"{image}/initrd.gz", "rb") as whole, open(f"{target}/initrd.gz", "wb") as file:
        shutil.copyfileobj(whole, file)
        file.write(gzip.compress(packed))


apt = Apt()
netboot = apt.find("^debian-installer-[0-9]+-netboot-amd64$")
if not netboot:
    end(77, f"'{given.suite}' has no installer as a package")
image = apt.unpacked(netboot[0])
if not image:
    end(77, f"the archive does not have '{netboot[0]}'")
image += f"/usr/lib/debian-installer/images/{netboot[0].split('-')[2]}/amd64/text/debian-installer/amd64"
index = fetch(f"/debian/dists/{given.suite}/main/debian-installer/binary-amd64/Packages.xz")
if not index:
    end(77, f"'{given.suite}' has no index of the installer's parts")
root = unpack_initrd(image)
with open(f"{root}/var/lib/dpkg/status") as status, lzma.open(index, "rt") as listed:
    parts = Parts(apt, paragraphs(status.read()), paragraphs(listed.read()))
write_suite(parts.get_all())
write_initrd(image, root)
for rest in "initrd", "made", "apt":
    shutil.rmtree(f"{OUT}/{rest}")
